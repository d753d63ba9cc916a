// Keys of the keyboard: those of the screen before those of the page, and none while somebody writes.

type Keys = Readonly<Record<string, () => unknown>>;
const layers: Keys[] = [];

/**
 * Until the function that it returns is called. The last ones are asked first. Called in a layout effect: a screen that is seen has its keys.
 */
export function onKey(keys: Keys): () => void {
  layers.push(keys);
  return () => {
    layers.splice(layers.indexOf(keys), 1);
  };
}

/** Keys that are pressed after `g`. */
let isGoing = false;

export function takeKeys(places: Readonly<Record<string, () => void>>): void {
  document.addEventListener('keydown', (event) => {
    // A dialog has the keyboard for itself.
    if (document.querySelector('dialog[open]') !== null) return;
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const { key, target } = event;
    const isWriting = target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
    if (isWriting) {
      if (key === 'Escape') target.blur();
      return;
    }
    // What these do to a button or a link is the browser's.
    if ((key === 'Enter' || key === ' ') && target instanceof Element && target.closest('a, button, summary')) return;
    const place = isGoing ? places[key] : undefined;
    isGoing = key === 'g' && !isGoing;
    if (isGoing) return;
    const action = place ?? layers.findLast((keys) => keys[key] !== undefined)?.[key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
