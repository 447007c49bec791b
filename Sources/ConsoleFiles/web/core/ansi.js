// Colours and weights that programs write into their output (ECMA-48 SGR), as pieces of text with classes.

/** @typedef {{text: string, classes: string}} Piece */

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
// Everything that drives a terminal; only SGR has a meaning here.
const sequence = /\u001b(?:\[([0-9;:]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/**
 * The pieces of a line. Sequences without meaning for a page are left out; other control characters become visible signs.
 * @param {string} line
 * @returns {Piece[]}
 */
export function pieces(line) {
  if (!/[\u0000-\u0008\u000b-\u001f\u007f\u0080-\u009f]/.test(line)) return [{ text: line, classes: "" }];
  /** @type {Piece[]} */
  const found = [];
  /** @type {State} */
  let state = {};
  let from = 0;
  // A program that goes back to the line's beginning writes over it: what it wrote last counts.
  const text = lastOverwrite(line);
  for (const match of text.matchAll(sequence)) {
    add(found, text.slice(from, match.index), state);
    if (match[2] === "m") state = change(state, match[1]);
    from = match.index + match[0].length;
  }
  add(found, text.slice(from), state);
  return found;
}

/** @param {string} line */
function lastOverwrite(line) {
  const plain = line.replace(/\r+$/, "");
  return plain.slice(plain.lastIndexOf("\r") + 1);
}

/** @typedef {{bold?: boolean, dim?: boolean, italic?: boolean, underline?: boolean, inverse?: boolean, front?: string, back?: string}} State */

/** @param {Piece[]} found @param {string} text @param {State} state */
function add(found, text, state) {
  const shown = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (sign) => (sign === "\u007f" ? "\u2421" : String.fromCharCode(0x2400 + sign.charCodeAt(0)))).replace(/[\u0080-\u009f]/g, "\ufffd");
  if (!shown) return;
  const classes = [
    state.bold && "a-bold", state.dim && "a-dim", state.italic && "a-italic", state.underline && "a-underline", state.inverse && "a-inverse",
    state.front && `a-${state.front}`, state.back && `a-on-${state.back}`,
  ].filter(Boolean).join(" ");
  found.push({ text: shown, classes });
}

/** @param {State} state @param {string} parameters @returns {State} */
function change(state, parameters) {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = { ...state };
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index];
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 7) next.inverse = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code === 27) next.inverse = false;
    else if (code >= 30 && code <= 37) next.front = names[code - 30];
    else if (code >= 90 && code <= 97) next.front = `bright-${names[code - 90]}`;
    else if (code === 39) next.front = undefined;
    else if (code >= 40 && code <= 47) next.back = names[code - 40];
    else if (code >= 100 && code <= 107) next.back = `bright-${names[code - 100]}`;
    else if (code === 49) next.back = undefined;
    else if (code === 38 || code === 48) {
      const isIndexed = codes[index + 1] === 5;
      const near = isIndexed ? indexed(codes[index + 2]) : nearest(codes[index + 2], codes[index + 3], codes[index + 4]);
      if (code === 38) next.front = near;
      else next.back = near;
      index += isIndexed ? 2 : 4;
    }
  }
  return next;
}

/** One of the 16 names for a colour of the 256. @param {number} number */
function indexed(number) {
  if (!(number >= 0)) return undefined;
  if (number < 8) return names[number];
  if (number < 16) return `bright-${names[number - 8]}`;
  if (number >= 232) return nearest((number - 232) * 10 + 8, (number - 232) * 10 + 8, (number - 232) * 10 + 8);
  const cube = number - 16;
  return nearest(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

/** @param {number} red @param {number} green @param {number} blue */
function nearest(red, green, blue) {
  const most = Math.max(red, green, blue);
  if (!(most >= 0)) return undefined;
  const bits = [red, green, blue].map((part) => (most > 40 && part > most * 0.6 ? 1 : 0));
  const name = names[bits[0] + bits[1] * 2 + bits[2] * 4];
  return most > 170 && name !== "black" ? `bright-${name}` : name;
}
