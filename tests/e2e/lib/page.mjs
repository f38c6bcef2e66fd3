// What every test wants to know of a page: did it complain, and can everyone use it?

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/**
 * Collects what the page reports as an error: uncaught exceptions, `console.error`, and files
 * that are not there. Call it before the page is opened; at the end the list must be empty.
 *
 * @returns {string[]}
 */
export function watchForErrors(page) {
  const errors = [];
  page.on('pageerror', (error) => errors.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()}`);
  });
  page.on('requestfailed', (request) => {
    errors.push(`request: ${request.url()} ${request.failure()?.errorText}`);
  });
  return errors;
}

/**
 * The accessibility violations that axe-core calls serious or critical, each in one line that
 * names the rule and the elements.
 *
 * @returns {Promise<string[]>}
 */
export async function seriousViolations(page) {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => {
      const where = nodes.map((node) => node.target.join(' ')).join(', ');
      return `${id}: ${help} (${where})`;
    });
}
