// Makes a photo smaller before it is sent, and sends it as soon as it is chosen.
const form = document.querySelector("form[data-photo]");
const field = form?.querySelector("input[type=file]");
const MOST = 1600;

const smaller = async (file) => {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, MOST / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size < 1_000_000) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  return new File([made], "photo.jpg", { type: "image/jpeg" });
};

field?.addEventListener("change", async () => {
  if (!field.files.length) return;
  const button = form.querySelector("button");
  button.textContent = form.dataset.photo;
  try {
    const chosen = new DataTransfer();
    chosen.items.add(await smaller(field.files[0]));
    field.files = chosen.files;
  } catch {
    // a picture that this browser cannot open is sent as it is
  }
  form.requestSubmit();
});
