// Where the rows of a long list stand. Browsers let no element be higher than some million pixels: a longer list scrolls in a
// shorter range, and one pixel of the bar then stands for several of the list.

/** No browser of today cuts elements of this height. */
export const tallest = 8_000_000;

export class Scale {
  /** @param {number} count rows @param {number} rowHeight pixels @param {number} view height of the part that is seen */
  constructor(count, rowHeight, view) {
    this.count = count;
    this.rowHeight = rowHeight;
    this.view = view;
    this.whole = count * rowHeight;
    this.height = Math.min(this.whole, tallest);
    const range = Math.max(this.height - view, 0);
    this.ratio = range > 0 ? (this.whole - view) / range : 1;
  }

  /** Where the list stands for a position of the bar. @param {number} top */
  offset(top) {
    return this.limit(top * this.ratio);
  }

  /** The bar's position for a place in the list. @param {number} offset */
  top(offset) {
    return offset / this.ratio;
  }

  /** @param {number} offset */
  limit(offset) {
    return Math.min(Math.max(offset, 0), Math.max(this.whole - this.view, 0));
  }

  /** The rows to show at a place, some beyond its ends with them. @param {number} offset @param {number} [more] */
  rows(offset, more = 6) {
    const first = Math.max(Math.floor(offset / this.rowHeight) - more, 0);
    const end = Math.min(Math.ceil((offset + this.view) / this.rowHeight) + more, this.count);
    return { first, end: Math.max(end, first) };
  }

  /** The place that shows a row, as near to the present one as can be. @param {number} row @param {number} offset */
  reveal(row, offset) {
    const top = row * this.rowHeight;
    if (top < offset) return this.limit(top);
    if (top + this.rowHeight > offset + this.view) return this.limit(top + this.rowHeight - this.view);
    return offset;
  }
}
