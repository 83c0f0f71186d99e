// A drawing as data: as the server takes it, as a kept probe holds it, and painted on a canvas.

/** @typedef {import("./state.js").Pictures} Pictures */
/** @typedef {import("./state.js").Stroke} Stroke */
/** @typedef {import("./facts.js").Drawn} Drawn */

const USUAL_BRUSH = 18;

/**
 * @param {Pictures} pictures
 * @param {boolean} colored
 * @returns {Drawn}
 */
export function drawnOf(pictures, colored) {
  const widths = pictures.strokes.map((stroke) => stroke.width);
  /** @type {Drawn} */
  const drawn = {
    strokes: pictures.strokes.map((stroke) => stroke.points),
    brush: widths[0],
    canvas: pictures.canvas,
    paper: paperOf(pictures, colored),
    normalize: !colored && pictures.normalize,
  };
  if (widths.some((width) => width !== widths[0])) drawn.widths = widths;
  if (colored) drawn.colors = pictures.strokes.map((stroke) => inkOf(stroke, pictures));
  return drawn;
}

/**
 * @param {Drawn} drawn
 * @param {Pictures} pictures what holds where the kept drawing names nothing else
 * @param {boolean} colored
 * @returns {Pictures}
 */
export function picturesOf(drawn, pictures, colored) {
  const { strokes, widths = [], colors = [], brush = USUAL_BRUSH } = drawn;
  return {
    ...pictures,
    kind: "sketch",
    strokes: strokes.map((points, i) => ({ points, width: widths[i] || brush, color: colors[i] || "" })),
    canvas: drawn.canvas ?? pictures.canvas,
    normalize: drawn.normalize ?? pictures.normalize,
    ...(drawn.paper ? { [colored ? "paper" : "grey"]: drawn.paper } : {}),
  };
}

/**
 * @param {Pictures} pictures
 * @param {boolean} colored
 */
function paperOf(pictures, colored) {
  return colored ? pictures.paper : pictures.grey;
}

/**
 * @param {Stroke} stroke
 * @param {Pictures} pictures
 */
function inkOf(stroke, pictures) {
  return stroke.color || (pictures.grey === "#ffffff" ? "#000000" : "#ffffff");
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Pictures} pictures
 * @param {boolean} colored
 */
export function paintSketch(pen, pictures, colored) {
  const [width, height] = pictures.canvas;
  pen.fillStyle = paperOf(pictures, colored);
  pen.fillRect(0, 0, width, height);
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of pictures.strokes) paintStroke(pen, stroke, inkOf(stroke, pictures));
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Stroke} stroke
 * @param {string} ink
 */
function paintStroke(pen, { points, width }, ink) {
  pen.strokeStyle = pen.fillStyle = ink;
  pen.lineWidth = width;
  pen.beginPath();
  if (points.length === 1) {
    pen.arc(points[0][0], points[0][1], width / 2, 0, 7);
    pen.fill();
    return;
  }
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.stroke();
}
