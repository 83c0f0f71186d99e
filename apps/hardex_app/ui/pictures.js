// Large pictures, which the server sends as files.

/**
 * @typedef {object} Fetched
 * @property {string} url a data URL, which stays there without a connection; "" where there is none
 * @property {string} problem why there is none
 * @property {[number, number]} size width and height of the original, where the server tells them
 */

const MISSING = 404;

/**
 * Fetch a picture. The promise is rejected if the server does not answer, or not with a picture.
 *
 * @param {string} address
 * @returns {Promise<Fetched>}
 */
export async function fetchPicture(address) {
  const response = await fetch(address);
  if (response.status === MISSING) return { url: "", problem: (await response.text()).trim(), size: [0, 0] };
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const [width = 0, height = 0] = (response.headers.get("x-image-size") ?? "").split(" ").map(Number);
  return { url: await dataUrlOf(await response.blob()), problem: "", size: [width, height] };
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
function dataUrlOf(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
