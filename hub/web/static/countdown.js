"use strict";
// Counts the seconds down where they stand; the page itself knows when the time is over.
for (const place of document.querySelectorAll("[data-seconds][role=timer]")) {
  const end = performance.now() + place.dataset.seconds * 1000;
  setInterval(() => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    place.textContent = place.textContent.replace(/\d+/, left);
  }, 1000);
}
