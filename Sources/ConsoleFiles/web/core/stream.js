// The events of the server, as all tabs of a browser share them: one stream feeds every tab that is seen, and there is none
// while no tab is seen.
//
// A tab gets messages {kind: "event", of, event}, {kind: "reset"} (read anew what is shown) and {kind: "state", isLive}.

/** @typedef {"run" | "notice" | "progress"} Kind what an event is about */
/** @typedef {{kind: "event", of: Kind, event: any} | {kind: "reset"} | {kind: "state", isLive: boolean}} Message */

/** @type {Kind[]} */
const kinds = ["run", "notice", "progress"];
const slowest = 30_000;

/** One stream that is opened and closed as often as needed. */
export class Stream {
  /**
   * @param {(message: Message) => void} tell
   * @param {(url: string) => EventSource} [open]
   */
  constructor(tell, open = (url) => new EventSource(url)) {
    this.tell = tell;
    this.open = open;
    /** @type {EventSource | null} */
    this.source = null;
    this.failures = 0;
    this.isLive = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  start() {
    if (this.source || this.timer) return;
    const source = this.open("/api/events");
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.live(true);
      // Whatever happened before is in what the pages read now.
      this.tell({ kind: "reset" });
    };
    for (const of of kinds) source.addEventListener(of, (message) => this.tell({ kind: "event", of, event: JSON.parse(/** @type {MessageEvent} */ (message).data) }));
    source.addEventListener("reset", () => this.tell({ kind: "reset" }));
    source.onerror = () => {
      this.live(false);
      // The browser comes back by itself, except after an answer that is no stream.
      if (source.readyState === 2) this.again();
    };
  }

  again() {
    this.source?.close();
    this.source = null;
    this.failures += 1;
    const delay = Math.min(1000 * 2 ** this.failures, slowest);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.start();
    }, delay);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.source?.close();
    this.source = null;
    this.failures = 0;
    this.live(false);
  }

  /** @param {boolean} isLive */
  live(isLive) {
    if (isLive === this.isLive) return;
    this.isLive = isLive;
    this.tell({ kind: "state", isLive });
  }
}

/** The tabs of a browser, and which of them are seen. */
export class Tabs {
  /** @param {{start: () => void, stop: () => void}} stream @param {number} [patience] milliseconds without a seen tab */
  constructor(stream, patience = 1000) {
    this.stream = stream;
    this.patience = patience;
    /** @type {Map<unknown, boolean>} */
    this.seen = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** @param {unknown} tab @param {boolean} isSeen */
  set(tab, isSeen) {
    this.seen.set(tab, isSeen);
    this.look();
  }

  /** @param {unknown} tab */
  delete(tab) {
    this.seen.delete(tab);
    this.look();
  }

  look() {
    const isWanted = [...this.seen.values()].some(Boolean);
    clearTimeout(this.timer);
    if (isWanted) this.stream.start();
    else this.timer = setTimeout(() => this.stream.stop(), this.patience);
  }
}
