// Which variables of the environment are a platform's and not options that somebody has misspelt. Orchestrators give every
// process variables that are named after the services around it: one called sealed-prover gives SEALED_PROVER_SERVICE_HOST.
import { environmentNameOf, optionNames } from './options.js';

/** What Kubernetes (service links) and Docker (links) make of a service's name. No option may end like one of these. */
const announcements: readonly { readonly name: RegExp; readonly value?: RegExp }[] = [
  { name: /_SERVICE_HOST$/ },
  { name: /_SERVICE_PORT(_.+)?$/ },
  { name: /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|ADDR|PORT|START|END|PORT_START|PORT_END))?$/ },
  // A number alone is somebody's idea of an option, for example SEALED_LISTEN_PORT=8081.
  { name: /_PORT$/, value: /^(tcp|udp|sctp):\/\// },
  { name: /_NAME$/, value: /^\// },
  // A Docker link passes all variables of the other container on, whatever they are called.
  { name: /_ENV_.+$/ },
];

/** How other platforms and add-ons end the names in which they say where a service is. */
const whereabouts =
  /_((HOST|HOSTNAME|HOSTPORT|IP|ADDR|ADDRESS|PORT|URL|URI|DSN|ENDPOINT|ORIGIN|SOCKET|SCHEME|PROTO|PROTOCOL|DOMAIN|FQDN|NAME|HTTPS?|GRPCS?|TCP|UDP)(_\d+)?|PORT_[A-Z0-9]+|CONNECTION_?STRING)$/;

/** `SEALED_MAX_STDIN_SIZE` → `MAX`. */
const firstWordOf = (variable: string) => variable.split('_')[1] ?? '';
const firstWordsOfOptions = new Set(optionNames.map((name) => firstWordOf(environmentNameOf(name))));

/** For a name that begins with SEALED_, is none of our options, and is not near one either when `isNearOption` is false. */
export function isOfPlatform(name: string, value: string, isNearOption: boolean): boolean {
  if (announcements.some((form) => form.name.test(name) && (form.value?.test(value) ?? true))) return true;
  // Where the name begins as an option does, an option was probably meant: SEALED_S3_URL is not for us to pass over.
  return !isNearOption && whereabouts.test(name) && !firstWordsOfOptions.has(firstWordOf(name));
}
