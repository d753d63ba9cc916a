// Where the operators' page lies on their listener: every screen has an address of its own, and all of them are the same file.

export const screenPath =
  /^\/((requests|programs)(\/[^/]{1,100})?|lanes|queue|failures|artifacts|deliveries|signers|events|audit|service|machines\/(request|lane|delivery|signer))?$/;
/** Its scripts and its style, by names of ours. */
export const assetPath = /^\/page\/([\w.-]{1,100})$/;

/** It holds nothing of the service: it may be given to whoever asks. */
export const isOfPage = (path: string): boolean => screenPath.test(path) || assetPath.test(path);
