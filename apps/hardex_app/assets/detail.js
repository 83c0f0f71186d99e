// One example, large. All text arrives as data and is set as text, never as markup.

function bar(one, shown) {
  const row = make("div", "hx-bar");
  if (one.class === shown.given) row.classList.add("hx-is-given");
  if (one.class === shown.predicted) row.classList.add("hx-is-predicted");
  const track = make("span", "hx-track");
  const fill = make("span", "hx-fill");
  fill.style.width = `${100 * one.p}%`;
  track.append(fill);
  row.append(make("span", "hx-class", one.class), track, make("span", "hx-value", percent(one.p)));
  return row;
}

function draw() {
  const shown = props.value;
  if (!shown || !shown.id) return;
  part(".hx-hint").hidden = true;
  // On a phone the panel lies below all cards: bring it to the eye.
  if (window.innerWidth < 700) requestAnimationFrame(() => element.scrollIntoView({ block: "start" }));
  part(".hx-detail-body").hidden = false;
  const image = part(".hx-large");
  image.hidden = !shown.image;
  if (shown.image) image.src = shown.image;
  image.alt = `example ${shown.id}`;
  const facts = [["given", shown.given], ["predicted", shown.predicted],
    ["confidence", percent(shown.confidence)], ["id", shown.id]];
  part(".hx-facts").replaceChildren(...facts.flatMap(([name, value]) =>
    [make("dt", "", name), make("dd", `hx-fact-${name}`, value)]));
  part(".hx-bars").replaceChildren(...shown.bars.map((one) => bar(one, shown)));
  part(".hx-bars").setAttribute("aria-label",
    "probabilities: " + shown.bars.map((one) => `${one.class} ${percent(one.p)}`).join(", "));
  part(".hx-reasons").replaceChildren(...shown.reasons.map((text) => make("li", "", text)));
  part(".hx-score-list").replaceChildren(...Object.entries(shown.scores).flatMap(([name, value]) =>
    [make("dt", "", `${name} = ${shown.formulas[name]}`), make("dd", "", value.toFixed(4))]));
}

watch("value", draw);
draw();
