"use strict";
// The screen rests when nobody has touched it for five minutes: dimmed by day, black at night. That
// is when an ordinary page has asked and gone home (idle.js); one that waits for a device stays lit
// as long as it stays. The first touch only wakes. This runs before the page is drawn, so that one
// which renews itself at night stays black. What must outlive a page is in sessionStorage.
{
  const { now, from, to, lit, light } = document.currentScript.dataset;
  const ASK_S = 180;
  const ASK_WHILE_WAITING_S = 900;
  const LEAVE_S = 120;
  const TAP_MS = 700; // a tap, and the second one of a double tap
  const root = document.documentElement;
  const kept = sessionStorage;
  const begun = performance.now();
  const since = () => (performance.now() - begun) / 1000;
  let touched = (kept.touched = Math.min(Date.now(), kept.touched ?? Date.now())); // a clock may be set back
  let waking = false;

  const isNight = () => {
    const time = (Number(now) + since()) % 86400;
    const [begins, ends] = [Number(from), Number(to)];
    return begins <= ends ? begins <= time && time < ends : begins <= time || time < ends;
  };
  const asks = () => {
    const usual = document.body.hasAttribute("data-waits") ? ASK_WHILE_WAITING_S : ASK_S;
    return Number(document.querySelector("script[data-seconds]")?.dataset.seconds ?? usual);
  };
  const wanted = () => {
    if (since() < lit || Date.now() - touched < (asks() + LEAVE_S) * 1000) return "day";
    return isNight() ? "night" : "dim";
  };
  const show = () => {
    if (waking) return;
    const level = wanted();
    root.dataset.screen = level;
    // A picture that never moves would stay in the glass.
    document.body.style.translate = level === "dim" ? `-${new Date().getMinutes() % 5}px` : "";
    if (kept.screen === level) return;
    kept.screen = level;
    fetch("/screen", { method: "POST", body: new URLSearchParams({ level }), keepalive: true }).catch(() => {});
  };
  const rests = () => ["dim", "night"].includes(root.dataset.screen);
  const touch = (event) => {
    const only = rests() || waking;
    kept.touched = touched = Date.now();
    if (!only || event.type === "timeupdate") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (waking) return;
    show();
    waking = true;
    root.dataset.screen = "waking"; // still in front of the buttons
    setTimeout(() => { waking = false; show(); }, TAP_MS);
  };

  root.toggleAttribute("data-light", light === "yes");
  root.dataset.screen = lit > 0 ? "day" : (kept.screen ?? "day");
  for (const sign of ["pointerdown", "keydown", "timeupdate"]) addEventListener(sign, touch, true);
  addEventListener("DOMContentLoaded", show);
  setInterval(show, 1000);
}
