// What a request of HTTP shows of its caller.
import type { Exchange } from '../../transport/http/exchange.js';
import type { Shown } from './caller.js';

export const shownBy = ({ headers, connection }: Exchange): Shown => ({ headers, peer: connection.peer });
