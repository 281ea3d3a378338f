"use strict";
// Loads the page anew when something that it shows has changed. Waits while a finger is down, so
// that no tap is lost. Without scripts the page reloads itself now and then.
(() => {
  const { watch, version } = document.body.dataset;
  let down = false;
  let stale = false;
  const renew = () => { if (stale && !down) location.reload(); };
  addEventListener("pointerdown", () => { down = true; });
  for (const end of ["pointerup", "pointercancel"]) {
    addEventListener(end, () => { down = false; setTimeout(renew, 600); });
  }
  const look = async () => {
    try {
      const answer = await fetch(watch, { cache: "no-store" });
      if (answer.ok && (await answer.text()) !== version) {
        stale = true;
        renew();
      }
    } catch {
      // The pages are restarting; the next look will tell.
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
})();
