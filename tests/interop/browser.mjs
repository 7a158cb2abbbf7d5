// A browser without a screen: keeps cookies by host, follows redirects, fills in the forms of pages.
import http from 'node:http';

const MOST_REDIRECTS = 20;

export class Browser {
  // As in real browsers, cookies know hosts and paths and no ports.
  #cookies = new Map();

  // Opens a page and follows its redirects, but never to an address that begins with `stop`: that one is returned
  // unasked, with `status` 0, as the relying party's own code would see it.
  open(url, { stop } = {}) {
    return this.#follow('GET', url, null, stop);
  }

  // Sends the form that holds all these fields, as a click on its first button would.
  submit(page, fields, { stop, button } = {}) {
    const form = page.form(Object.keys(fields));
    const body = new URLSearchParams({ ...form.values, ...fields, ...button });
    return this.#follow(form.method, form.action, body.toString(), stop);
  }

  // A form navigation from a page of the same origin.
  post(url, fields, { stop } = {}) {
    return this.#follow('POST', url, new URLSearchParams(fields).toString(), stop);
  }

  async json(url) {
    const page = await this.#request('GET', url, null, 'application/json');
    return { status: page.status, body: page.text ? JSON.parse(page.text) : null };
  }

  cookie(host, prefix) {
    return [...this.#cookies.values()].find((cookie) => cookie.host === host && cookie.name.startsWith(prefix));
  }

  async #follow(method, url, body, stop) {
    const visited = [];
    for (let hop = 0; hop < MOST_REDIRECTS; hop += 1) {
      visited.push(url);
      if (stop && url.startsWith(stop)) return new Page({ url, visited, status: 0, headers: {}, text: '' });
      const page = await this.#request(method, url, body, 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8');
      page.visited = visited;
      if (page.status < 300 || page.status > 399 || !page.headers.location) return page;
      url = new URL(page.headers.location, url).href;
      // 307 and 308 keep the method; all others continue with GET.
      if (page.status !== 307 && page.status !== 308) [method, body] = ['GET', null];
    }
    throw new Error(`more than ${MOST_REDIRECTS} redirects: ${visited.at(-1)}`);
  }

  #request(method, url, body, accept) {
    const target = new URL(url);
    const headers = { accept, 'accept-language': 'vi' };
    const cookies = [...this.#cookies.values()].filter((c) => c.host === target.hostname && matches(c.path, target.pathname));
    if (cookies.length > 0) headers.cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
    if (body !== null) {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      headers['content-length'] = Buffer.byteLength(body);
      headers['sec-fetch-site'] = 'same-origin';
    }
    return new Promise((resolve, reject) => {
      const request = http.request(target, { method, headers, timeout: 20_000 }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          for (const line of response.headers['set-cookie'] ?? []) this.#keep(line, target.hostname);
          const text = Buffer.concat(chunks).toString('utf8');
          resolve(new Page({ url, visited: [url], status: response.statusCode, headers: response.headers, text }));
        });
      });
      request.on('error', reject);
      request.on('timeout', () => request.destroy(new Error(`no answer from ${target.origin} in time`)));
      request.end(body ?? undefined);
    });
  }

  #keep(line, host) {
    const [pair, ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const attribute = (wanted) =>
      attributes.map((text) => text.split('=')).find(([key]) => key.toLowerCase() === wanted)?.slice(1).join('=');
    const path = attribute('path') || '/';
    const [maxAge, expires] = [attribute('max-age'), attribute('expires')];
    const gone = maxAge !== undefined ? Number(maxAge) <= 0 : expires !== undefined && Date.parse(expires) <= Date.now();
    const key = `${host} ${path} ${name}`;
    if (gone) this.#cookies.delete(key);
    else this.#cookies.set(key, { host, path, name, value });
  }
}

class Page {
  constructor(parts) {
    Object.assign(this, parts);
  }

  get query() {
    return new URL(this.url).searchParams;
  }

  // The first form with all these fields: where it goes and what stands in its other fields.
  form(fields) {
    for (const [, attributes, inside] of this.text.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)) {
      const { action, method, id } = read(attributes);
      const elements = (text, kind) => [...text.matchAll(new RegExp(`<${kind}\\b([^>]*)>`, 'gi'))].map(([, found]) => read(found));
      const inputs = elements(inside, 'input');
      // A button may stand outside and name its form.
      const outside = elements(this.text, 'button').filter((button) => id && button.form === id);
      const names = [...inputs, ...elements(inside, 'button'), ...outside].map((field) => field.name);
      if (!fields.every((field) => names.includes(field))) continue;
      const kept = inputs.filter((input) => input.name && !['submit', 'radio', 'checkbox'].includes(input.type));
      return {
        action: new URL(action || this.url, this.url).href,
        method: (method ?? 'get').toUpperCase(),
        values: Object.fromEntries(kept.map((input) => [input.name, input.value ?? ''])),
      };
    }
    throw new Error(`${this.status} ${this.url.split('?')[0]} has no form with ${fields.join(', ')}: ${this.words()}`);
  }

  // What a reader sees, shortly.
  words() {
    return this.text.replace(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 300);
  }
}

function matches(path, wanted) {
  return wanted === path || wanted.startsWith(path.endsWith('/') ? path : `${path}/`);
}

function read(attributes) {
  const found = attributes.matchAll(/([^\s=/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g);
  return Object.fromEntries([...found].map(([, name, a, b, c]) => [name.toLowerCase(), decode(a ?? b ?? c ?? '')]));
}

function decode(text) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex || decimal) return String.fromCodePoint(parseInt(hex ?? decimal, hex ? 16 : 10));
    return named[name] ?? whole;
  });
}
