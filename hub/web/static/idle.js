"use strict";
// Nobody has touched the page for a while: it asks, and after some time without an answer the first
// page comes, where new readings show. An unfinished check-in waits there to be gone on with. While
// the page waits for a device, it asks later. Without scripts no page ends by itself.
{
  const { seconds } = document.currentScript.dataset; // a page may know better
  const ASK_S = 180;
  const ASK_WHILE_WAITING_S = 900;
  const LEAVE_S = 120;
  const DOUBLE_TAP_MS = 400;
  let timer;
  let asked;
  const after = (seconds, action) => {
    clearTimeout(timer);
    timer = setTimeout(action, seconds * 1000);
  };
  const ask = () => {
    asked = document.querySelector("template.ask-still").content.firstElementChild.cloneNode(true);
    asked.addEventListener("close", () => {
      asked.remove();
      asked = null;
      document.body.style.pointerEvents = "none";
      setTimeout(() => { document.body.style.pointerEvents = ""; }, DOUBLE_TAP_MS);
      begin();
    });
    document.body.append(asked);
    asked.showModal();
    begin();
  };
  const begin = () => {
    if (asked) return after(LEAVE_S, () => location.assign("/"));
    after(Number(seconds ?? (document.body.hasAttribute("data-waits") ? ASK_WHILE_WAITING_S : ASK_S)), ask);
  };
  for (const sign of ["pointerdown", "keydown", "scroll", "timeupdate"]) addEventListener(sign, begin, true);
  begin();
}
