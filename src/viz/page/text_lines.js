// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The lines that the browser has broken a text into, and where they stand.
 */

/**
 * @typedef {{ text: string, left: number, right: number, top: number, height: number }} TextLine
 * @typedef {{ text: string, left: number, right: number }} Piece
 */

/**
 * The lines of a text, in the window's coordinates.
 *
 * @param {Text} node
 * @param {number} [most] Where a line that is longer ends in an ellipsis.
 * @returns {TextLine[]}
 */
export function linesOf(node, most = Infinity) {
  const range = document.createRange();
  /** @type {{ top: number, height: number, pieces: Piece[] }[]} */
  const lines = [];
  let blanks = "";
  for (const { segment, index } of new Intl.Segmenter().segment(node.data)) {
    range.setStart(node, index);
    range.setEnd(node, index + segment.length);
    const [area] = range.getClientRects();
    if (!area) continue;
    if (segment.trim() === "") {
      // White space that the browser has left out has no width.
      if (area.width > 0) blanks += " ";
      continue;
    }
    const { left, right, top, height } = area;
    const last = lines.at(-1);
    if (last && Math.abs(last.top - top) < height / 2) {
      last.pieces.push({ text: blanks + segment, left, right });
    } else lines.push({ top, height, pieces: [{ text: segment, left, right }] });
    blanks = "";
  }
  return lines.map(({ top, height, pieces }) => ({ top, height, ...joined(pieces, height, most) }));
}

/**
 * @param {Piece[]} pieces
 * @param {number} height
 * @param {number} most
 * @returns {Piece}
 */
function joined(pieces, height, most) {
  const isCut = pieces.some(({ right }) => right > most + 0.5);
  const dots = isCut ? height * 0.6 : 0;
  const seen = isCut ? pieces.filter(({ right }) => right <= most - dots) : pieces;
  const text = seen.map((piece) => piece.text).join("") + (isCut ? "…" : "");
  const left = Math.min(...pieces.map((piece) => piece.left));
  return { text, left, right: Math.max(left, ...seen.map(({ right }) => right)) + dots };
}
