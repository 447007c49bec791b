// Addresses that may be put into a page.

/**
 * Whether an address leads to the web, to mail or into our own pages, and not to a script.
 * @param {string} text
 */
export function isSafeURL(text) {
  // Browsers take no notice of these in schemes.
  const plain = text.replace(/[\u0000-\u0020\u007f]/g, "").toLowerCase();
  const scheme = /^([^/?#]*?):/.exec(plain);
  return !scheme || ["http", "https", "mailto"].includes(scheme[1]);
}
