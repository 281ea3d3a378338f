"use strict";
// Reads the page aloud where it is; a second tap stops. Without scripts the button leads to a page
// with a player.
{
  const button = document.querySelector("a.listen");
  const show = (playing) => {
    button.querySelector(".start").hidden = playing;
    button.querySelector(".stop").hidden = !playing;
  };
  const stop = () => {
    document.querySelector("audio")?.remove();
    show(false);
  };
  button?.addEventListener("click", (event) => {
    event.preventDefault();
    const playing = document.querySelector("audio");
    if (playing) {
      playing.pause();
      return stop();
    }
    const audio = document.createElement("audio");
    audio.src = button.dataset.sound;
    audio.addEventListener("ended", stop);
    // The pages have started again since, and do not know this one any more.
    audio.addEventListener("error", () => location.assign(location.href));
    document.body.append(audio); // where other scripts see that somebody listens
    audio.play().catch(stop);
    show(true);
  });
}
