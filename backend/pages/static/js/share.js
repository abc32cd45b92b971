// Copies or shares what stands in a field: `data-copy` and `data-share` name it. Without this, it is selected by hand.
for (const button of document.querySelectorAll("[data-copy], [data-share]")) {
  const field = document.getElementById(button.dataset.copy ?? button.dataset.share);
  const said = document.getElementById("copied");
  if (button.dataset.share !== undefined) {
    button.hidden = !navigator.share;
    button.addEventListener("click", () => {
      navigator.share({ text: button.dataset.words, url: field.value }).catch(() => {});
    });
  } else {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(field.value);
        said.textContent = button.dataset.done;
      } catch {
        field.focus();
        field.select();
      }
    });
  }
}
