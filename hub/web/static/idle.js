"use strict";
// Nobody has touched the screen for a while: back to the first page, where new readings show.
// An unfinished check-in waits there to be gone on with.
{
  const { seconds } = document.currentScript.dataset;
  let timer;
  const begin = () => {
    clearTimeout(timer);
    timer = setTimeout(() => location.assign("/"), seconds * 1000);
  };
  for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, begin);
  begin();
}
