// The part of a log that is in memory: some lines next to each other. More are read at either end as somebody goes there, and
// what is far from there is forgotten.

/** @typedef {{id: string, stream: string, at: string, text: string, attempt: number, task: string | null}} Line */
/** @typedef {{items: Line[], next?: string | null, end?: boolean, start?: boolean}} Page */

export class LogWindow {
  /**
   * @param {(query: Record<string, unknown>) => Promise<Page>} read
   * @param {{most?: number, page?: number}} [options] most: lines in memory
   */
  constructor(read, { most = 2000, page = 500 } = {}) {
    this.read = read;
    this.most = most;
    this.page = page;
    /** @type {Line[]} */
    this.lines = [];
    /** Nothing comes before the first line. */
    this.isStart = false;
    /** The last line was the newest when it was read. */
    this.isTail = false;
    /** Nothing will ever follow the last line. */
    this.isEnd = false;
    this.isBusy = false;
    /** How often another part was gone to: what was asked for before that comes too late. */
    this.moves = 0;
  }

  /** The newest lines. */
  async toTail() {
    const move = (this.moves += 1);
    const page = await this.read({ before: "end", limit: this.page });
    if (move !== this.moves) return;
    // What was asked for on the way is late, too.
    this.moves += 1;
    this.lines = page.items;
    [this.isStart, this.isTail, this.isEnd] = [Boolean(page.start), true, false];
  }

  /** The oldest lines. */
  async toStart() {
    const move = (this.moves += 1);
    const page = await this.read({ limit: this.page });
    if (move !== this.moves) return;
    // What was asked for on the way is late, too.
    this.moves += 1;
    this.lines = page.items;
    [this.isStart, this.isEnd, this.isTail] = [true, Boolean(page.end), page.items.length < this.page];
  }

  /** Lines around one. @param {string} id */
  async toLine(id) {
    const move = (this.moves += 1);
    const [before, after] = await Promise.all([this.read({ before: id, limit: this.page / 2 }), this.read({ after: id, limit: this.page / 2 })]);
    // The line itself is the one that follows those before it.
    const own = await this.read({ ...(before.items.length ? { after: before.items[before.items.length - 1].id } : {}), limit: 1 });
    if (move !== this.moves) return;
    // What was asked for on the way is late, too.
    this.moves += 1;
    this.lines = [...before.items, ...own.items.filter((line) => line.id === id), ...after.items];
    [this.isStart, this.isEnd, this.isTail] = [Boolean(before.start), Boolean(after.end), after.items.length < this.page / 2];
  }

  /** Reads what comes before the first line; how many lines were added in front, and how many forgotten at the end. */
  async older() {
    if (this.isStart || this.lines.length === 0) return { added: 0, dropped: 0 };
    const { moves } = this;
    const page = await this.read({ before: this.lines[0].id, limit: this.page });
    if (moves !== this.moves) return { added: 0, dropped: 0 };
    this.isStart = Boolean(page.start) || page.items.length === 0;
    this.lines = [...page.items, ...this.lines];
    const dropped = Math.max(this.lines.length - this.most, 0);
    if (dropped) {
      this.lines.length = this.most;
      [this.isTail, this.isEnd] = [false, false];
    }
    return { added: page.items.length, dropped };
  }

  /** Reads what follows the last line; how many lines were added at the end, and how many forgotten in front. */
  async newer() {
    if (this.isEnd) return { added: 0, dropped: 0 };
    const after = this.lines.at(-1)?.id;
    const { moves } = this;
    const page = await this.read({ ...(after ? { after } : {}), limit: this.page });
    if (moves !== this.moves) return { added: 0, dropped: 0 };
    this.isEnd = Boolean(page.end);
    this.isTail = this.isEnd || page.items.length < this.page;
    this.lines = [...this.lines, ...page.items];
    const dropped = Math.max(this.lines.length - this.most, 0);
    if (dropped) {
      this.lines = this.lines.slice(dropped);
      this.isStart = false;
    }
    return { added: page.items.length, dropped };
  }

  /** Stays at the end: reads what follows the last line, and goes to the newest lines when that is more than a page. */
  async follow() {
    const read = await this.newer();
    // The next time tries again: what was read is at the end for now.
    if (read.added && !this.isTail) await this.toTail().catch(() => {});
    return read;
  }
}
