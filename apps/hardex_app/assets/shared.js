// What every script of the pages begins with. Class names, ids and all other text of a run arrive as
// data and are set as text, never as markup.
const part = (name) => element.querySelector(name);
const make = (tag, name, text) => {
  const node = document.createElement(tag);
  node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
};
const percent = (p) => (p > 0.9995 && p < 1 ? "> 99.9 %" : `${(100 * p).toFixed(1)} %`);

