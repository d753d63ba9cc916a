// The key of this tab. `sealed-prover admin page` puts it into the fragment of its URL, which no browser sends anywhere; it is taken out of the
// address at once and kept for as long as the tab is open.

const name = 'sealed-key';

export function takeToken(): void {
  const found = /^#t=([\w-]+)$/.exec(location.hash)?.[1];
  if (found === undefined) return;
  sessionStorage.setItem(name, found);
  history.replaceState(null, '', `${location.pathname}${location.search}`);
}

export function credentials(): Record<string, string> {
  const token = sessionStorage.getItem(name);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
