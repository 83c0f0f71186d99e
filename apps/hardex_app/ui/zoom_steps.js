// How large a picture is shown, and where: pure arithmetic.

/** @typedef {{width: number, height: number}} Size */
/** @typedef {import("./look.js").Look} Look */

export const STEPS = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64];
const SMOOTH_MOST = 6; // a photograph of few pixels is a blur beyond it
const PIXELS_MOST = 16;

/**
 * The factor at which a whole picture fits: whole pixels are shown in whole steps.
 *
 * @param {Size} natural
 * @param {Size} room
 * @param {Look} look
 */
export function fitting(natural, room, look) {
  const most = Math.min(room.width / natural.width, room.height / natural.height);
  if (!(most > 0) || !Number.isFinite(most)) return 1;
  if (most < 1) return most;
  return look === "smooth" ? Math.min(most, SMOOTH_MOST) : Math.min(Math.floor(most), PIXELS_MOST);
}

/**
 * The next step of the zoom.
 *
 * @param {number} factor
 * @param {-1 | 1} by
 */
export function nextStep(factor, by) {
  const near = 1e-6 * factor;
  const next = by > 0 ? STEPS.find((one) => one > factor + near) : STEPS.findLast((one) => one < factor - near);
  return next ?? factor;
}

/**
 * How far a picture may be moved from the middle, so that it covers its room or stays within.
 *
 * @param {number} offset
 * @param {number} size of the picture as it is shown
 * @param {number} room
 */
export function clamped(offset, size, room) {
  const most = Math.max(0, (size - room) / 2);
  return Math.min(most, Math.max(-most, offset));
}
