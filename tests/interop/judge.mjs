// What every judge needs: checks that say what they checked, and an end that fails when one did.
import assert from 'node:assert/strict';
import net from 'node:net';

let failed = 0;
let passed = 0;

// A name that begins with a case of the conformance list (`d38_…`) counts as a test of it.
export async function check(name, about, body) {
  try {
    await body();
    passed += 1;
    console.log(`  ok    ${name}: ${about}`);
  } catch (error) {
    failed += 1;
    console.log(`  FAIL  ${name}: ${about}\n        ${String(error.stack ?? error).split('\n').slice(0, 6).join('\n        ')}`);
    for (let cause = error.cause; cause; cause = cause.cause) console.log(`        because: ${cause.message ?? JSON.stringify(cause)}`);
  }
}

export function finish(judge) {
  console.log(`${judge}: ${passed} checks passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

// The promise fails with an error that `fits`; anything else is a failure of the check.
export async function refused(promise, fits) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    assert.ok(fits(error), `refused, but otherwise: ${error.stack} ${JSON.stringify(error.cause ?? {})}`);
    return;
  }
  assert.fail(`was not refused: ${JSON.stringify(value)}`);
}

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function until(what, ready) {
  for (let tries = 0; tries < 150; tries += 1) {
    if (await ready().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not become ready in 15 s`);
}
