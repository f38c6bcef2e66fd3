// Who leads and who belongs to the cluster: changed by clicking and by typing, and kept by a reload.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser, launchProfile, newProfileFolder, removeProfileFolder } from './lib/browser.mjs';
import {
  atFullSpeed,
  consoleLine,
  exec,
  keysOf,
  leaderOnScreen,
  openLab,
  panelsLoaded,
  says,
  tool,
  type,
  until,
  view,
} from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;
let page;
let errors;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  errors = await openLab(page, server.url);
});

afterEach(async () => {
  assert.deepEqual(errors, []);
  await page.close();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/**
 * A leader that takes any change: its log is committed, which ends with an entry of its own term,
 * and all nodes have it. The commit index alone does not show that: after a reload a node starts
 * with the one on its disk.
 */
async function readyLeader(page) {
  await atFullSpeed(page);
  return until('a leader that takes changes', async () => {
    const { nodes, leader } = await view(page);
    const node = nodes.find(({ id }) => id === leader);
    if (!node?.core) return false;
    const { last_log, commit_index, peers } = node.core;
    const hasAll = (index) => index === last_log.index;
    return hasAll(commit_index) && peers.every((peer) => hasAll(peer.match_index)) && node;
  });
}

function memberRole(page, id) {
  return page.getByTestId(`node-${id}`).getAttribute('data-member-role');
}

test('a learner is added in the dialog and promoted with the mouse', async () => {
  await readyLeader(page);
  await page.getByTestId('add-server').click();
  assert.equal(await page.getByTestId('add-server-number').inputValue(), '6');
  await page.getByTestId('dialog-confirm').click();
  await page.getByTestId('node-6').waitFor();
  await consoleLine(page, /add 6 as learner/);
  await until('a learner on screen', async () => {
    const node = page.getByTestId('node-6');
    return (await node.getAttribute('data-role')) === 'learner';
  });
  await until('the log to arrive', async () => {
    const { nodes } = await view(page);
    return nodes.find(({ id }) => id === 6).core.commit_index > 0;
  });
  await says(page.getByTestId('members'), /learner 6/);
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByTestId('node-6').click();
  await page.getByTestId('action-promote').click();
  await until('a voter', async () => (await memberRole(page, 6)) === 'voter');
  await until('it is committed', async () => (await view(page)).membership.committed);
  assert.deepEqual((await view(page)).membership.voters, [1, 2, 3, 4, 5, 6]);
});

test('a server is replaced by typing: the voters change jointly, and who left is shown so', async () => {
  const leader = await readyLeader(page);
  const old = leader.id === 3 ? 4 : 3;
  const joint = until('a joint membership', async () => {
    const { membership } = await view(page);
    return membership.outgoing.length > 0 && membership;
  });
  await page.evaluate(() => globalThis.helios.setSpeed(0.2));
  await type(page, `replace ${old} with 7`);
  const { outgoing, voters } = await joint;
  assert.ok(outgoing.includes(old) && !voters.includes(old) && voters.includes(7));
  await says(page.getByTestId('members'), /Voters change|Voters/);
  await atFullSpeed(page);
  await until('the change to be complete', async () => {
    const { membership } = await view(page);
    return membership.outgoing.length === 0 && membership.committed && membership.voters.includes(7);
  });
  await until('who left', async () => (await memberRole(page, old)) === 'non-member');
  assert.match(await page.getByTestId(`node-${old}`).getAttribute('aria-label'), /not a member/);
  const { properties } = await view(page);
  assert.deepEqual(properties.filter(({ holding }) => !holding), []);
});

test('leadership is handed over with the mouse', async () => {
  const leader = await readyLeader(page);
  const next = leader.id === 2 ? 3 : 2;
  await page.getByTestId(`node-${next}`).click();
  await page.getByTestId('action-transfer').click();
  await consoleLine(page, new RegExp(`transfer ${next}`));
  const second = await until('the other one to lead', async () => {
    const found = await leaderOnScreen(page);
    return found?.id === next && found;
  });
  assert.ok(second.term > leader.core.current_term);
});

test('a local read says that it may be stale, a quorum read does not', async () => {
  await readyLeader(page);
  assert.equal((await exec(page, 'set x=1')).ok, true);
  const read = async (policy, node) => {
    await page.getByTestId('read-key').fill('x');
    await page.getByTestId('read-node').selectOption(node);
    await page.getByTestId('read-policy').selectOption(policy);
    await page.getByTestId('read').click();
    return until('an answer', async () => {
      const words = await page.getByTestId('read-answer').innerText();
      return words.includes(`read=${policy}`) && words;
    });
  };
  assert.match(await read('local', '4'), /\(node 4\).*may be stale/);
  assert.doesNotMatch(await read('quorum', ''), /stale/);
  assert.match(await read('lease', ''), /value 1/);
  const answer = await exec(page, 'get x read=local via=2');
  assert.equal(answer.may_be_stale, true);
});

test('a server that joined is there after a reload', async () => {
  const folder = await newProfileFolder();
  const profile = await launchProfile(folder);
  const problems = await openLab(profile.page, server.url);
  await readyLeader(profile.page);
  await exec(profile.page, 'add 6 as learner');
  assert.equal((await exec(profile.page, 'set kept=yes')).ok, true);
  await until('the learner to apply it', async () => {
    return keysOf(await view(profile.page), 6).kept === 'yes';
  });
  await panelsLoaded(profile.page);
  await profile.page.reload();
  await profile.page.getByTestId('recovered-banner').waitFor();
  await says(profile.page.getByTestId('recovered-banner'), /6 nodes/);
  await readyLeader(profile.page);
  assert.equal(await memberRole(profile.page, 6), 'learner');
  const answer = await exec(profile.page, 'promote 6');
  assert.equal(answer.ok, true, JSON.stringify(answer));
  await until('a voter', async () => (await memberRole(profile.page, 6)) === 'voter');
  await until('its key', async () => {
    return keysOf(await view(profile.page), 6).kept === 'yes';
  });
  assert.deepEqual(problems, []);
  await profile.close();
  await removeProfileFolder(folder);
});

test('a new lab with the paper’s protocol alone elects without asking first', async () => {
  await tool(page, 'new-lab');
  await page.getByTestId('new-lab-paper').check();
  await page.getByTestId('dialog-confirm').click();
  await atFullSpeed(page);
  await until('a leader of the new lab', () => leaderOnScreen(page));
  const script = await page.evaluate(() => globalThis.helios.export());
  assert.match(script.split('\n')[0], / paper/);
  const { nodes } = await view(page);
  assert.ok(nodes.every((node) => node.core.lease === null));
});
