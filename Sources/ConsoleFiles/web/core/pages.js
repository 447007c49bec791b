// A list of the server's, page after page. Only pages near the ones that are looked at stay in memory: of the others their
// cursors do, so that they can be read again.

// Milliseconds without a call after one that failed: twice as many each time.
const [firstPause, longestPause] = [1000, 60_000];

/**
 * @template Item
 */
export class PagedList {
  /**
   * @param {(cursor: string | null) => Promise<{items: Item[], next: string | null}>} load
   * @param {{kept?: number}} [options] kept: pages in memory on either side
   */
  constructor(load, { kept = 8 } = {}) {
    this.load = load;
    this.kept = kept;
    /** @type {{cursor: string | null, start: number, size: number, items: Item[] | null, wait: Promise<void> | null}[]} */
    this.pages = [];
    /** @type {string | null} */
    this.next = null;
    this.isWhole = false;
    this.count = 0;
    /** @type {Promise<void> | null} */
    this.growing = null;
    /** What the last call failed with; null after one that did not. @type {unknown} */
    this.error = null;
    this.pause = 0;
    this.retryAt = 0;
    this.isOver = false;
    this.onchange = () => {};
  }

  /** Another list has taken its place: it searches no further. */
  end() {
    this.isOver = true;
  }

  /** The item of a row; undefined while it is not there, which is a reason to get it. @param {number} row */
  at(row) {
    const page = this.pageOf(row);
    if (!page) return undefined;
    if (!page.items) this.refill(page);
    return page.items?.[row - page.start];
  }

  /** @param {number} row */
  pageOf(row) {
    let [low, high] = [0, this.pages.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const page = this.pages[middle];
      if (row < page.start) high = middle - 1;
      else if (row >= page.start + page.size) low = middle + 1;
      else return page;
    }
    return undefined;
  }

  /** Says which rows are looked at: gets what follows before its end is reached, and forgets what is far away. @param {number} first @param {number} end */
  look(first, end) {
    const ahead = this.pages.at(-1)?.size ?? 0;
    if (!this.isWhole && end + ahead / 2 >= this.count && Date.now() >= this.retryAt) this.grow();
    const [near, far] = [this.pageOf(Math.max(first, 0)), this.pageOf(Math.max(Math.min(end, this.count) - 1, 0))];
    if (!near || !far) return;
    const [from, to] = [this.pages.indexOf(near) - this.kept, this.pages.indexOf(far) + this.kept];
    this.pages.forEach((page, index) => {
      if (index < from || index > to) page.items = null;
    });
  }

  /** Gets one more page. */
  grow() {
    this.growing ??= this.#grow().finally(() => {
      this.growing = null;
    });
    return this.growing;
  }

  async #grow() {
    // The server looks through so many at once: a page of a search may be empty though more follow.
    let isFound = false;
    while (!isFound && !this.isWhole && !this.isOver) {
      const cursor = this.next;
      const { items, next } = await this.#get(cursor);
      isFound = items.length > 0;
      if (isFound) this.pages.push({ cursor, start: this.count, size: items.length, items, wait: null });
      this.count += items.length;
      this.next = next;
      this.isWhole = !next;
    }
    this.onchange();
  }

  /** @param {{cursor: string | null, size: number, items: Item[] | null, wait: Promise<void> | null}} page */
  refill(page) {
    if (Date.now() < this.retryAt) return;
    page.wait ??= this.#get(page.cursor).then(({ items }) => {
      page.items = items.slice(0, page.size);
    }).catch(() => {
      // Whoever still looks at it then asks for it again.
      setTimeout(() => !this.isOver && this.onchange(), this.retryAt - Date.now() + 50);
    }).finally(() => {
      page.wait = null;
      this.onchange();
    });
  }

  /** @param {string | null} cursor */
  async #get(cursor) {
    try {
      const answer = await this.load(cursor);
      [this.error, this.pause, this.retryAt] = [null, 0, 0];
      return answer;
    } catch (error) {
      this.error = error;
      // Several that fail together are one failure.
      if (Date.now() >= this.retryAt) {
        this.pause = Math.min(Math.max(this.pause * 2, firstPause), longestPause);
        this.retryAt = Date.now() + this.pause;
      }
      throw error;
    }
  }

  /** Changes an item that is in memory. @param {(item: Item) => boolean} isMeant @param {Item} item */
  replace(isMeant, item) {
    for (const page of this.pages) {
      const index = page.items?.findIndex(isMeant) ?? -1;
      if (page.items && index >= 0) {
        page.items[index] = item;
        return true;
      }
    }
    return false;
  }
}
