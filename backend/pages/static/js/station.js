// The device at a counter: what was shown without a network, and a sound by choice.

document.querySelector("[data-focus]")?.focus();

// The choice of a sound is the device's and no person's, so it may stay on it.
const SOUND = "station.sound";
const button = document.querySelector("[data-sound]");
if (button) {
  const show = () => button.setAttribute("aria-pressed", String(localStorage.getItem(SOUND) === "on"));
  button.hidden = false;
  button.addEventListener("click", () => {
    localStorage.setItem(SOUND, localStorage.getItem(SOUND) === "on" ? "off" : "on");
    if (localStorage.getItem(SOUND) === "on") play("high");
    show();
  });
  show();
}
const said = document.querySelector("[data-tone]")?.dataset.tone;
if (said && localStorage.getItem(SOUND) === "on") play(said);

function play(tone) {
  const audio = new AudioContext();
  const sound = new OscillatorNode(audio, { frequency: tone === "high" ? 880 : 220 });
  const loudness = new GainNode(audio, { gain: 0.2 });
  sound.connect(loudness).connect(audio.destination);
  sound.start();
  sound.stop(audio.currentTime + (tone === "high" ? 0.15 : 0.4));
}
