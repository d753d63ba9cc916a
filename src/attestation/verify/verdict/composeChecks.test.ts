// The compose file: the measured one, its images, its settings.
import { describe } from 'node:test';
import { goodAppCompose } from '../../../testkit/attestation/mockTarget.js';
import {
  type AcceptedTarget,
  acceptsTargets,
  type RefusedTarget,
  refusesTargets,
} from '../../../testkit/attestation/targetCases.js';

const compose = (service: string, more = '') => ({
  ...goodAppCompose,
  docker_compose_file: `services:\n  prover:\n    image: ghcr.io/example/prover@sha256:${'c1'.repeat(32)}\n${service.replace(/^/gm, '    ')}\n${more}`,
});

const refused: readonly RefusedTarget[] = [
  [
    'a compose file that was written anew is refused',
    { evidence: { appCompose: JSON.stringify(goodAppCompose, null, 2) } },
    'compose.hash',
    'COMPOSE_HASH_WRONG',
  ],
  [
    'a compose file that is not listed is refused',
    {
      policy: (policy) => {
        policy.compose.hashes = ['ab'.repeat(32)];
      },
    },
    'compose.hash',
    'COMPOSE_UNKNOWN',
  ],
  [
    'a MRCONFIGID that names another compose file is refused',
    { td: { mrConfigId: `01${'ab'.repeat(32)}` } },
    'compose.hash',
    'COMPOSE_HASH_WRONG',
  ],
  [
    'a file with one key twice is refused',
    { appCompose: '{"runner":"docker-compose","runner":"bash","docker_compose_file":""}' },
    'compose.images',
    'COMPOSE_MALFORMED',
  ],
  [
    'YAML that cannot be read is refused',
    { appCompose: { ...goodAppCompose, docker_compose_file: 'services: {' } },
    'compose.images',
    'COMPOSE_MALFORMED',
  ],
  [
    'a YAML key that is there twice is refused',
    { appCompose: compose('image: b') },
    'compose.images',
    'COMPOSE_MALFORMED',
  ],
  [
    'a bomb of aliases is refused',
    {
      appCompose: {
        ...goodAppCompose,
        docker_compose_file: `a0: &a0 [1]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')}\nservices: {x: *a30}`,
      },
    },
    'compose.images',
    'COMPOSE_MALFORMED',
  ],
  [
    'a compose file that includes others is refused',
    { appCompose: compose('', 'include: [other.yml]') },
    'compose.images',
    'COMPOSE_MALFORMED',
  ],
  [
    'an image by tag is refused',
    {
      appCompose: { ...goodAppCompose, docker_compose_file: 'services: {a: {image: "ghcr.io/example/prover:1.0"}}' },
    },
    'compose.images',
    'IMAGE_UNPINNED',
  ],
  [
    'an image that is decided by a variable is refused',
    {
      appCompose: {
        ...goodAppCompose,
        docker_compose_file: `services: {a: {image: "\${IMAGE}@sha256:${'c1'.repeat(32)}"}}`,
      },
    },
    'compose.images',
    'IMAGE_UNPINNED',
  ],
  [
    'an image that is not listed is refused',
    {
      policy: (policy) => {
        policy.compose.images = { 'ghcr.io/example/prover': [`sha256:${'c2'.repeat(32)}`] };
      },
    },
    'compose.images',
    'IMAGE_UNKNOWN',
  ],
  [
    'an image of another repository is refused',
    {
      policy: (policy) => {
        policy.compose.images = { prover: [`sha256:${'c1'.repeat(32)}`] };
      },
    },
    'compose.images',
    'IMAGE_UNKNOWN',
  ],
  ...(
    [
      ['an application that no compose file runs', { ...goodAppCompose, runner: 'bash', bash_script: 'true' }],
      ['public logs', { ...goodAppCompose, public_logs: true }],
      ['a variable that is not listed', { ...goodAppCompose, allowed_envs: ['LD_PRELOAD'] }],
      ['a script before the containers', { ...goodAppCompose, pre_launch_script: 'curl http://example.org | sh' }],
      ['a privileged service', compose('privileged: yes')],
      ['a hook that is privileged', compose('post_start: [{command: ls, privileged: true}]')],
      ['a capability that is as much', compose('cap_add: [sys_admin]')],
      ['a service of the host’s processes', compose('pid: host')],
      ['a network that a variable decides', compose('network_mode: $MODE')],
      ['a service of the host’s network', compose('network_mode: host')],
      ['a service that is built', compose('build: .')],
      ['a service that extends another file', compose('extends: {file: other.yml, service: a}')],
      ['a privilege that comes by a merge key', compose('<<: {privileged: true}')],
      ['a port that is not listed', compose('ports: ["22:22"]')],
      ['a port of whichever is free', compose('ports: [8443]')],
      ['ports by a range', compose('ports: ["443-444:443-444"]')],
    ] as const
  ).map(
    ([title, appCompose]): RefusedTarget => [
      `${title} is refused`,
      { appCompose },
      'compose.settings',
      'COMPOSE_SETTING_REFUSED',
    ],
  ),
  ...[
    '/var/run/dstack.sock:/s',
    '/run/dstack.sock:/s',
    '/var/run:/r:ro',
    '/:/host',
    '/var/run/../run/dstack.sock:/s',
    '/run/docker.sock:/d',
    '$WHERE:/s',
    './x/../../run:/s',
    '//var//run/./tappd.sock:/t',
  ].map(
    (mount): RefusedTarget => [
      `a service that is not listed and mounts ${mount} is refused`,
      {
        appCompose: compose(`volumes: ["${mount}"]`),
        policy: (policy) => {
          policy.compose.agentSocketServices = [];
        },
      },
      'compose.settings',
      'COMPOSE_SETTING_REFUSED',
    ],
  ),
  [
    'a named volume that is bound to the socket’s folder is refused',
    {
      appCompose: compose(
        'volumes: [{type: volume, source: v, target: /s}]',
        'volumes: {v: {driver_opts: {type: none, o: bind, device: /var/run}}}',
      ),
      policy: (policy) => {
        policy.compose.agentSocketServices = [];
      },
    },
    'compose.settings',
    'COMPOSE_SETTING_REFUSED',
  ],
];

const accepted: readonly AcceptedTarget[] = [
  ['a MRCONFIGID of another kind is not looked at', { td: { mrConfigId: '02'.repeat(48) } }],
  ['a hash that is listed is enough where the file is not shown', { evidence: { appCompose: undefined as never } }],
];

describe('the compose file under a policy', () => {
  refusesTargets(refused);
  acceptsTargets(accepted);
});
