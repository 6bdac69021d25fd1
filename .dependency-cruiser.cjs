// The import rules of docs/architecture.md. A feature lies in a tier; imports go to its own tier and lower
// ones, news travels upwards as outbox events.
const tiers = [
  ['tenancy', 'audit', 'identity'],
  ['patients'],
  ['odontogram', 'imaging', 'appointments', 'board', 'consent', 'education', 'contracts'],
  ['consults', 'treatment', 'chronic-care'],
  ['record', 'rights', 'follow-up', 'assistant', 'notifications', 'statistics', 'interop']
];
const known = tiers.flat().join('|');
const features = '^src/lib/features/';
const test = '\\.test\\.ts$';

const upwards = tiers.slice(0, -1).map((names, index) => ({
  name: `tier-${index + 1}-imports-no-higher-tier`,
  comment: 'A lower tier must not know a higher one: publish an outbox event, or pass the thing in.',
  severity: 'error',
  from: { path: `${features}(${names.join('|')})/`, pathNot: test },
  to: {
    path: `${features}(${tiers
      .slice(index + 1)
      .flat()
      .join('|')})/`
  }
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...upwards,
    {
      name: 'feature-in-a-tier',
      comment: 'A new feature must be given a tier in this file.',
      severity: 'error',
      from: { path: features, pathNot: `${features}(${known})/` },
      to: {}
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { pathNot: test },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }
    },
    {
      name: 'no-missing-imports',
      severity: 'error',
      from: { pathNot: '^src/routes/' },
      to: { couldNotResolve: true, pathNot: '^\\$|paraglide|^\\./\\$types$|\\?(url|worker|raw)$' }
    },
    {
      name: 'kernel-imports-nothing',
      severity: 'error',
      from: { path: '^src/lib/kernel/', pathNot: test },
      to: { pathNot: '^src/lib/kernel/' }
    },
    {
      name: 'ui-knows-no-feature',
      severity: 'error',
      from: { path: '^src/lib/ui/' },
      to: { path: '^src/(lib/features|routes)/|^server/' }
    },
    {
      name: 'domain-is-pure',
      comment: 'Domain .ts: no server code, no component, no Node, no SvelteKit.',
      severity: 'error',
      from: {
        path: `${features}.+\\.ts$`,
        pathNot: `\\.server\\.ts$|\\.svelte\\.ts$|/index\\.ts$|${test}`
      },
      to: {
        path: '\\.server\\.ts$|\\.svelte(\\.ts)?$|^server/|^src/routes/|^\\$app/',
        dependencyTypesNot: ['type-only']
      }
    },
    {
      name: 'domain-uses-no-node',
      severity: 'error',
      from: {
        path: `${features}.+\\.(ts|svelte)$`,
        pathNot: `\\.server\\.ts$|${test}`
      },
      to: { dependencyTypes: ['core'] }
    },
    {
      name: 'server-code-runs-under-plain-node',
      comment: '.server.ts runs in the worker too: no SvelteKit, no component, nothing of server/.',
      severity: 'error',
      from: { path: '^src/lib/.*\\.server\\.ts$' },
      to: { path: '^\\$(app|env)/|\\.svelte(\\.ts)?$|^server/|^src/routes/' }
    },
    {
      name: 'components-use-other-rooms-by-index',
      comment: "A component uses another room through that room's index.ts.",
      severity: 'error',
      from: { path: `${features}([^/]+)/.*\\.svelte$` },
      to: {
        path: features,
        pathNot: [`${features}$1/`, `${features}[^/]+/index\\.ts$`],
        dependencyTypesNot: ['type-only']
      }
    },
    {
      name: 'components-keep-off-the-server',
      severity: 'error',
      from: { path: '^src/lib/.*\\.svelte(\\.ts)?$' },
      to: { path: '\\.server\\.ts$|^server/', dependencyTypesNot: ['type-only'] }
    },
    {
      name: 'react-only-on-the-island',
      severity: 'error',
      from: { pathNot: '^src/lib/features/board/island/|^tests/' },
      to: { path: '^node_modules/(react|react-dom|tldraw|@tldraw/(tldraw|editor|assets))(/|$)' }
    },
    {
      name: 'livekit-client-only-in-the-room',
      severity: 'error',
      from: { pathNot: '^src/lib/features/consults/room/|^tests/' },
      to: { path: '^node_modules/livekit-client(/|$)' }
    },
    {
      name: 'only-compose-builds-adapters',
      severity: 'error',
      // compose-keys.ts: what works on data at rest, for the app and for the commands beside it.
      from: { pathNot: `^server/(compose(-keys)?\\.ts$|adapters/)|^tests/|${test}` },
      to: { path: '^server/adapters/' }
    },
    {
      name: 'src-knows-neither-server-nor-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: test },
      to: { path: '^(server|tests)/' }
    },
    {
      name: 'nothing-imports-routes',
      severity: 'error',
      from: { pathNot: '^src/routes/|^tests/' },
      to: { path: '^src/routes/' }
    },
    {
      name: 'no-development-packages-in-the-app',
      severity: 'error',
      from: {
        path: '^(src|server)/',
        pathNot: `${test}|^server/launch/pages\\.ts$|^server/db/drizzle\\.config\\.ts$`
      },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^src/lib/paraglide/', '^tests/bench/peers/', '^tests/bench/results/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'svelte', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.svelte', '.json']
    }
  }
};
