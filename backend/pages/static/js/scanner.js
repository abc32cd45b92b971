// Reads the square with the camera: by the browser where it can, otherwise by the server, a small grey frame at a time.
const box = document.querySelector("[data-scanner]");
const field = document.querySelector("#shown");
const pin = document.querySelector("#pin");
const pad = document.querySelector(".keypad");

if (box && navigator.mediaDevices?.getUserMedia) {
  const video = box.querySelector("video");
  const says = box.querySelector("p");
  const button = box.querySelector("button");
  const canvas = document.createElement("canvas");
  let stream = null;
  let detector = null;

  const byBrowser = async () => (await detector.detect(video))[0]?.rawValue;
  const byServer = async () => {
    canvas.width = 640;
    canvas.height = Math.round((640 * video.videoHeight) / video.videoWidth);
    const paint = canvas.getContext("2d");
    paint.filter = "grayscale(1)";
    paint.drawImage(video, 0, 0, canvas.width, canvas.height);
    const frame = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.7));
    const answer = await fetch(box.dataset.frames, { method: "POST", body: frame });
    return answer.ok ? (await answer.json()).text : null;
  };
  const found = (text) => {
    for (const track of stream.getTracks()) track.stop();
    stream = null;
    field.value = text;
    video.hidden = true;
    box.classList.add("viewfinder-read");
    says.textContent = box.dataset.read;
    button.hidden = false;
    if (pin) pin.focus();
    else field.form.requestSubmit(); // a card needs no PIN
  };
  const look = async () => {
    if (!stream) return;
    try {
      const text = !document.hidden && video.videoWidth ? await (detector ? byBrowser() : byServer()) : null;
      if (text) return found(text);
    } catch {
      detector = null; // a detector that fails is replaced by the server
    }
    setTimeout(look, detector ? 150 : 400);
  };
  const start = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: 1280 } });
    } catch {
      says.textContent = box.dataset.denied;
      return;
    }
    const formats = window.BarcodeDetector ? await BarcodeDetector.getSupportedFormats().catch(() => []) : [];
    detector = formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
    box.classList.remove("viewfinder-read");
    video.srcObject = stream;
    video.hidden = false;
    button.hidden = true;
    await video.play();
    look();
  };
  box.hidden = false;
  document.querySelector("[data-photo]")?.remove();
  button.addEventListener("click", start);
  navigator.permissions?.query({ name: "camera" }).then(
    (asked) => { if (asked.state === "granted") start(); },
    () => {},
  );
}

// A USB scanner ends with Enter: the PIN comes next.
field?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !pin || pin.value) return;
  event.preventDefault();
  pin.focus();
});

if (pad) {
  pad.hidden = false;
  pin.inputMode = "none"; // our keys, not those of the system; a keyboard still types
  pad.addEventListener("click", (event) => {
    const digit = event.target.closest("button")?.dataset.digit;
    if (digit === undefined) return;
    pin.value = digit === "" ? "" : digit === "-" ? pin.value.slice(0, -1) : (pin.value + digit).slice(0, 6);
    if (pin.value.length === 6) pin.form.querySelector(".button.full.section").focus();
  });
}
