// The options of the listeners of operators, which are a part of the one table of options.
import { option, text } from './option.js';
import { listen } from './places.js';

export const adminOptions = {
  adminSocket: option(
    text,
    undefined,
    'PATH|off',
    'The unix socket for sealed-prover admin, which its owner alone may open. Default: admin.sock in the data folder.',
  ),
  adminListen: option(
    listen,
    undefined,
    'HOST:PORT',
    'A port for operators elsewhere, beside the socket. Needs `--operators`, and TLS unless it is on loopback. [How](operating.md#from-elsewhere). Default: none.',
  ),
  operators: option(
    text,
    undefined,
    'FILE',
    'Who may come in there: a line `ROLE NAME CREDENTIAL` each, with the role read, operate or own, and the credential token:TEXT, sha256:HEX of a token, or cert:HEX of a client certificate. Read again when it changes.',
  ),
  adminTlsCert: option(
    text,
    undefined,
    'FILE',
    'The certificate that operators see, with its chain (PEM). Default: that of tlsCert.',
  ),
  adminTlsKey: option(text, undefined, 'FILE', 'The key of that certificate (PEM). Default: that of tlsKey.'),
  adminTlsClientCa: option(
    text,
    undefined,
    'FILE',
    'Whose client certificates are believed there (PEM). Default: that of tlsClientCa.',
  ),
};
