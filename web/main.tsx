// The operators' page: what the service does, what waits, and why. It is a client of the admin API like any other.
import { render } from 'preact';
import { App } from './app.js';
import { followFeed } from './feed.js';
import { takeClicks } from './router.js';
import { takeToken } from './token.js';

takeToken();
takeClicks();
void followFeed();
const place = document.getElementById('page');
if (place !== null) render(<App />, place);
