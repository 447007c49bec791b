// Characters that hide, or turn the order of what stands beside them. Texts from outside may hold them to look like another
// text; they are shown by their numbers. Joiners, which some scripts and signs need, stay.

const hidden = /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** A text with nothing in it that cannot be seen. @param {string} text */
export const visible = (text) => text.replace(hidden, (sign) => `\u2039U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}\u203a`);
