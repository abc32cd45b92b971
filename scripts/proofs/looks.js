// Says what is wrong with the open page: too wide, headings, targets, focus. A list of sentences; empty if nothing is.
({ target, focus }) => {
  const root = document.documentElement;
  const faults = [];
  const shown = (one) => one.outerHTML.replace(/\s+/g, " ").slice(0, 160);
  const visible = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
  const labels = (one) => [...(one.labels ?? [])].filter(visible);

  // Sideways: name the innermost element that sticks out.
  if (root.scrollWidth > root.clientWidth) {
    const out = [...document.body.querySelectorAll("*")].filter((one) => {
      const { left, right } = one.getBoundingClientRect();
      return visible(one) && (right > root.clientWidth + 0.5 || left < -0.5) && one.closest(".skip") === null;
    });
    faults.push(`${root.scrollWidth} px wide in a window of ${root.clientWidth}: ${out.length ? shown(out.at(-1)) : "?"}`);
  }

  // Headings: one of level 1 comes first, and no level is left out.
  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter((one) => one.checkVisibility({ visibilityProperty: true })).map((one) => Number(one.localName[1]));
  if (levels[0] !== 1 || levels.lastIndexOf(1) !== 0) faults.push(`headings: the first, and no other, is an h1: ${levels}`);
  levels.forEach((level, n) => {
    if (n && level > levels[n - 1] + 1) faults.push(`headings: ${level} follows ${levels[n - 1]}`);
  });

  for (const photo of document.querySelectorAll("img[src^='/photos/']")) {
    if (photo.loading !== "lazy") faults.push(`a photo that is not lazy: ${shown(photo)}`);
  }

  const all = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const touched = [...document.querySelectorAll(all)].filter((one) => one.type !== "hidden" && !one.disabled && !one.matches(".skip"));

  // Whether a point belongs to a target. Its `::after` may cover more than its box, and its label belongs to it.
  const hits = (one, x, y) => {
    const met = document.elementFromPoint(x, y);
    return met !== null && (one.contains(met) || [...(one.labels ?? [])].some((label) => label.contains(met)));
  };
  // How far a target extends from a point, there and back, at most to `target`.
  const extent = (one, x, y, dx, dy) => {
    let size = 0;
    for (const way of [1, -1]) {
      for (let n = 1; n <= target && hits(one, x + way * n * dx, y + way * n * dy); n++) size++;
    }
    return size;
  };
  // A link among words may be as high as its line (WCAG 2.5.8).
  const amongWords = (one) =>
    one.localName === "a" &&
    getComputedStyle(one).display === "inline" &&
    [...one.parentElement.childNodes].some((part) => !/^(a|button)$/.test(part.localName) && /\w/.test(part.textContent));
  if (target) {
    for (const one of touched) {
      // A region that scrolls takes the focus for the arrow keys; nobody has to hit it.
      if (one.localName === "pre") continue;
      const areas = [one, ...labels(one)].filter(visible).map((part) => part.getBoundingClientRect());
      if (!areas.length || amongWords(one) || areas.some((area) => area.width > target - 0.6 && area.height > target - 0.6)) continue;
      (visible(one) ? one : labels(one)[0]).scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      const area = (visible(one) ? one : labels(one)[0]).getBoundingClientRect();
      const [x, y] = [area.x + area.width / 2, area.y + area.height / 2];
      const [width, height] = [extent(one, x, y, 1, 0) + 1, extent(one, x, y, 0, 1) + 1];
      if (width < target - 1 || height < target - 1) faults.push(`a target of ${width} × ${height} px: ${shown(one)}`);
    }
  }

  // Focus: a line of 3 px around the element, its label or what holds it, and no bar above it.
  if (focus) {
    const outlined = (one) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return outlineStyle !== "none" && parseFloat(outlineWidth) >= 3;
    };
    for (const one of touched) {
      if (!one.checkVisibility({ visibilityProperty: true })) continue;
      one.focus({ focusVisible: true });
      if (document.activeElement !== one) continue;
      const around = [one, one.nextElementSibling, ...(one.labels ?? [])];
      for (let part = one.parentElement; part && around.length < 8; part = part.parentElement) around.push(part);
      if (!around.some((part) => part && outlined(part))) faults.push(`focus cannot be seen: ${shown(one)}`);
      const seen = visible(one) ? one : labels(one)[0];
      if (!seen) continue;
      const { x, y, width, height } = seen.getBoundingClientRect();
      const [across, down] = [x + width / 2, y + height / 2];
      if (height > innerHeight / 2 || across < 0 || down < 0 || across > innerWidth || down > innerHeight) continue;
      const met = document.elementFromPoint(across, down);
      if (met && !hits(one, across, down) && !met.contains(one) && /fixed|sticky/.test(bars(met))) {
        faults.push(`a bar hides what has the focus: ${shown(one)}`);
      }
    }
    document.activeElement?.blur();
    scrollTo(0, 0);
  }
  return faults;

  function bars(one) {
    const found = [];
    for (let part = one; part; part = part.parentElement) found.push(getComputedStyle(part).position);
    return found.join(" ");
  }
}
