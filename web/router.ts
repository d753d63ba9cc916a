// Which screen is shown: the address says it, all of it, so that every view is a link.
import { computed, signal } from '@preact/signals';

const address = signal(location.pathname + location.search);

export const path = computed(() => address.value.split('?')[0] ?? '/');
export const query = computed(() => new URLSearchParams(address.value.split('?')[1] ?? ''));

addEventListener('popstate', () => {
  address.value = location.pathname + location.search;
});

export function navigate(to: string, { replace = false } = {}): void {
  if (to === address.value) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  address.value = to;
  if (!replace) scrollTo(0, 0);
}

/** Links of ours change the screen; those with a modifier are the browser's. */
export function takeClicks(): void {
  document.addEventListener('click', (event) => {
    const link = (event.target as Element | null)?.closest('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return;
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
