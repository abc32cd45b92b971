// « Autour de moi »: asks the browser where it is, to some hundred metres, and opens the lots near there.
const button = document.querySelector("[data-nearby]");
if (button && navigator.geolocation) {
  button.hidden = false;
  const said = document.querySelector("[data-nearby-said]");
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const here = new URL(location.href);
        for (const name of ["where", "insee", "place", "after", "done"]) here.searchParams.delete(name);
        here.searchParams.set("near", `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`);
        location.assign(here);
      },
      () => {
        button.disabled = false;
        said.textContent = button.dataset.refused;
      },
      { maximumAge: 300_000, timeout: 10_000 },
    );
  });
}
