// `host[:port]` as headers name it.

/** What can stand in a URL and in a line of the log. It lets through ports and addresses that are none. */
export const looksLikeHost = (text: string): boolean =>
  /^(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/.test(text);

/** A URL can be made of it. */
export const isHost = (text: string): boolean => looksLikeHost(text) && URL.canParse(`http://${text}`);
