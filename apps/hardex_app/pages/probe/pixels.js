// Pixels as the server sends them: raw bytes in base64.

const PIXELS_MOST = 64; // a side, up to which single pixels are worth seeing

/** @param {string} base64 */
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./facts.js").Pixels} picture
 */
export function paint(canvas, picture) {
  const [height, width, channels] = picture.shape;
  const bytes = bytesOf(picture.pixels);
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes[i * channels + (channels === 1 ? 0 : c)];
    image.data[4 * i + 3] = 255;
  }
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    canvas.style.aspectRatio = `${width} / ${height}`;
  }
  canvas.classList.toggle("hx-smooth", Math.max(width, height) > PIXELS_MOST);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}
