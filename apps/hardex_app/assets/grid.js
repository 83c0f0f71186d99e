// The grid of hard examples. All text arrives as data and is set as text, never as markup.
let opened = null;

function card(one) {
  const button = make("button", "hx-card");
  button.type = "button";
  button.dataset.id = one.id;
  button.setAttribute("aria-pressed", String(opened === one.id + one.list));
  const shift = one.given === one.predicted ? `${one.given} ✓` : `${one.given} → ${one.predicted}`;
  button.setAttribute("aria-label",
    `${one.list} ${one.rank}: given ${one.given}, predicted ${one.predicted}, confidence ${one.confidence.toFixed(2)}`);
  if (one.image) {
    const image = make("img", "hx-pixels");
    image.src = one.image;
    image.alt = "";
    button.append(image);
  } else {
    button.append(make("span", "hx-noimage", "no image"));
  }
  const line = make("span", "hx-line");
  line.append(make("span", `hx-tag hx-${one.list}`, `${one.list} ${one.rank}`),
    make("span", "hx-conf", one.confidence.toFixed(2)));
  button.append(make("strong", "hx-shift", shift), line);
  button.title = shift;
  button.addEventListener("click", () => {
    opened = one.id + one.list;
    for (const other of element.querySelectorAll(".hx-card")) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", "true");
    trigger("select", { id: one.id });
  });
  const item = make("div", "hx-item");
  item.setAttribute("role", "listitem");
  item.append(button);
  return item;
}

function draw() {
  const shown = props.value;
  if (!shown || !shown.cards) return;
  part(".hx-grid").replaceChildren(...shown.cards.map(card));
  part(".hx-count").textContent = `${shown.total} hard example${shown.total === 1 ? "" : "s"}`;
  part(".hx-empty").textContent = shown.cards.length ? "" : shown.empty;
  part(".hx-pager").style.visibility = shown.pages > 1 ? "visible" : "hidden";
  part(".hx-page").textContent = `${shown.page} / ${shown.pages}`;
  part(".hx-prev").disabled = shown.page <= 1;
  part(".hx-next").disabled = shown.page >= shown.pages;
}

for (const [name, step] of [[".hx-prev", -1], [".hx-next", 1]])
  part(name).addEventListener("click", () => trigger("turn", { page: props.value.page + step }));
watch("value", draw);
draw();
