"use strict";
// Loads the page anew when something that it shows has changed. Waits while a finger is down or a
// field is being filled in, so that no tap and no letter is lost; and while the page is read aloud,
// unless it waits for a device. Without scripts the page reloads itself now and then.
(() => {
  const { watch, version } = document.body.dataset;
  let down = false;
  let stale = false;
  const filling = () =>
    [...document.querySelectorAll("input:not([type=hidden])")].some((field) => field.value !== field.defaultValue) ||
    [...document.querySelectorAll("select")].some((field) => field === document.activeElement);
  const listening = () => document.querySelector("body:not([data-waits]) audio");
  const renew = () => { if (stale && !down && !filling() && !listening()) location.reload(); };
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
