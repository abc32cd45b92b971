// Adds « less » and « more » beside a number of portions, and writes the total on the button.
const stepper = document.querySelector(".stepper");
const field = stepper?.querySelector("input");
if (field) {
  const { least, most, less, more, cents } = stepper.dataset;
  const word = stepper.querySelector("[data-one]");
  const total = document.querySelector("[data-total]");
  const money = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "EUR" });

  const button = (name, words, step) => {
    const made = document.createElement("button");
    made.type = "button";
    made.ariaLabel = words;
    made.textContent = name;
    made.addEventListener("click", () => {
      field.value = String(Math.min(most, Math.max(least, (Number(field.value) || 1) + step)));
      show();
    });
    return made;
  };
  const fewer = button("−", less, -1);
  const plus = button("+", more, 1);
  const show = () => {
    const now = Number(field.value) || 1;
    fewer.disabled = now <= Number(least);
    plus.disabled = now >= Number(most);
    if (word) word.textContent = now === 1 ? word.dataset.one : word.dataset.word;
    if (cents) total.textContent = `\u00a0· ${money.format((now * Number(cents)) / 100)}`;
  };
  stepper.prepend(fewer);
  stepper.append(plus);
  stepper.classList.add("steps");
  field.addEventListener("input", show);
  show();
}
