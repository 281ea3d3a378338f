"use strict";
// The screen rests when nobody has touched it for five minutes: dimmed by day, black at night. The
// first touch only wakes it. This runs before the page is drawn, so that one which renews itself at
// night stays black. What must outlive a page is in sessionStorage.
{
  const { now, from, to, lit, light } = document.currentScript.dataset;
  const REST_S = 300;
  const WAITING_S = 1200; // for a device: longer than the page asks whether somebody is there
  const TAP_MS = 700; // a tap, and the second one of a double tap
  const root = document.documentElement;
  const kept = sessionStorage;
  const begun = performance.now();
  const since = () => (performance.now() - begun) / 1000;
  let touched = Math.min(Date.now(), kept.touched ?? Date.now()); // a clock may be set back
  let waking = false;

  const isNight = () => {
    const time = (Number(now) + since()) % 86400;
    const [begins, ends] = [Number(from), Number(to)];
    return begins <= ends ? begins <= time && time < ends : begins <= time || time < ends;
  };
  const wanted = () => {
    const rest = document.body.hasAttribute("data-waits") ? WAITING_S : REST_S;
    if (since() < lit || Date.now() - touched < rest * 1000) return "day";
    return isNight() ? "night" : "dim";
  };
  const show = () => {
    if (waking) return;
    const level = wanted();
    root.dataset.screen = level;
    // A picture that never moves would stay in the glass.
    document.body.style.translate = level === "dim" ? `${new Date().getMinutes() % 5}px` : "";
    if (kept.screen === level) return;
    kept.screen = level;
    fetch("/screen", { method: "POST", body: new URLSearchParams({ level }) }).catch(() => {});
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
