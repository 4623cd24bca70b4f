// The script of the status page. It writes text nodes only, so that nothing that a server says becomes markup.

/** JavaScript. */
export const pageScript = `
'use strict';
const intervalMs = 1000;
const pointsMax = 60;
const byId = (id) => document.getElementById(id);
const format = (number) => number.toLocaleString('en');
const history = [];

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function show(id, ...children) {
  byId(id).replaceChildren(...children);
}

function ago(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return seconds + ' s ago';
  return seconds < 3600 ? Math.round(seconds / 60) + ' min ago' : Math.round(seconds / 3600) + ' h ago';
}

function row({ server, address, report }, leader) {
  const made = document.createElement('tr');
  const cell = (text, className) => made.append(element('td', text, className));
  made.append(element('th', String(server)));
  made.firstChild.scope = 'row';
  if (report === null) {
    cell('does not answer', 'lost');
    for (let empty = 0; empty < 7; empty += 1) cell('–', 'number');
  } else {
    const { role, term, log, commitIndex, lastApplied, keyCount, pendingCount } = report;
    cell(role, role === 'leader' ? 'leader' : '');
    const behind = leader ? Math.max(0, leader.log.lastIndex - log.lastIndex) : 0;
    for (const number of [term, log.lastIndex, commitIndex, lastApplied, behind, keyCount, pendingCount]) cell(format(number), 'number');
  }
  cell(address);
  return made;
}

function showState({ status, servers }) {
  const running = servers.filter(({ report }) => report !== null).length;
  const { leaderId } = status.report;
  const isGood = leaderId !== null && status.state === 'running';
  const leader = leaderId === null ? 'no leader is known' : 'server ' + leaderId + ' leads in term ' + status.report.term;
  const state = byId('state');
  const text = running + ' of ' + servers.length + ' servers answer; ' + leader + (status.state === 'running' ? '' : '; this server is ' + status.state);
  if (state.textContent !== text) state.textContent = text;
  state.className = isGood && running === servers.length ? 'good' : isGood ? '' : 'bad';
}

function showRates({ status }) {
  const { report, upMs, callsEnded, network } = status;
  const point = { at: upMs, committed: report.commitIndex, calls: callsEnded, messages: network.counts.messagesReceived };
  const previous = history.at(-1);
  if (previous !== undefined && upMs <= previous.at) history.length = 0;
  history.push(point);
  if (history.length > pointsMax + 1) history.shift();
  const [first] = history;
  const perSecond = (name) => (point.at === first.at ? 0 : ((point[name] - first[name]) * 1000) / (point.at - first.at));
  const pairs = [['entries committed per s', 'committed'], ['calls answered here per s', 'calls'], ['Raft messages received per s', 'messages']];
  show('rates', ...pairs.map(([title, name]) => {
    const group = document.createElement('div');
    const rate = perSecond(name);
    group.append(element('dt', title), element('dd', rate >= 10 ? format(Math.round(rate)) : rate.toFixed(1)));
    return group;
  }));
  const rates = history.slice(1).map((each, at) => (each.committed - history[at].committed) / Math.max(1, each.at - history[at].at));
  const most = Math.max(...rates, 0.001);
  const offset = pointsMax - rates.length;
  const points = rates.map((rate, at) => ((offset + at + 1) * 600) / pointsMax + ',' + (78 - (rate / most) * 74));
  byId('chart').firstElementChild.setAttribute('points', points.join(' '));
}

function showElections({ status: { elections } }) {
  const items = elections.map(({ term, role, leaderId, msAgo }) =>
    element('li', 'term ' + term + ': ' + role + (leaderId === null ? ', no leader known' : ', server ' + leaderId + ' leads') + ' (' + ago(msAgo) + ')'));
  show('elections', ...(items.length > 0 ? items : [element('li', 'none yet')]));
}

function showProblems({ status: { network: { counts }, counters } }) {
  const sentences = [
    ...Object.entries(counts.refused).map(([reason, count]) => [count, 'connections refused: ' + reason]),
    [counts.callsDenied, 'calls that the client may not make'],
    [counts.callsRefused, 'calls refused because too many ran on a connection'],
    [counts.messagesDropped, 'messages dropped before they left'],
    [counters.refusals.busy, 'proposals refused because the server was busy'],
    [counters.stalls.count, 'stalls of the process, up to ' + Math.round(counters.stalls.longestMs) + ' ms'],
    [counters.lostLogs, 'followers that have lost acknowledged entries'],
  ].filter(([count]) => count > 0);
  const items = sentences.map(([count, text]) => element('li', format(count) + ' ' + text));
  show('problems', ...(items.length > 0 ? items : [element('li', 'nothing unusual')]));
}

async function refresh() {
  try {
    const response = await fetch('/cluster.json', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error('status ' + response.status);
    const cluster = await response.json();
    byId('cluster').textContent = cluster.status.cluster;
    byId('server').textContent = cluster.status.server + ', ' + ago(cluster.status.upMs).replace(' ago', ' up');
    document.title = cluster.status.cluster + ' – raftlab kv';
    const leader = cluster.servers.map(({ report }) => report).find((report) => report !== null && report.role === 'leader');
    show('servers', ...cluster.servers.map((server) => row(server, leader)));
    showState(cluster);
    showRates(cluster);
    showElections(cluster);
    showProblems(cluster);
  } catch (error) {
    byId('state').textContent = 'This server does not answer (' + error.message + '); what is shown is old.';
    byId('state').className = 'bad';
  }
  setTimeout(refresh, intervalMs);
}

void refresh();
`;
