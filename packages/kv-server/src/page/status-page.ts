// The status page: one HTML document without any other file, which reads /cluster.json every second.
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';

/** The page, as HTML. */
export const statusPage: string = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>raftlab kv</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
<header>
  <h1>Cluster <span id="cluster">…</span></h1>
  <p id="state" role="status">Loading…</p>
</header>
<main>
  <section aria-labelledby="servers-title">
    <h2 id="servers-title">Servers</h2>
    <div class="wide" role="group" aria-label="Table of servers" tabindex="0">
      <table>
        <thead><tr>
          <th scope="col">Server</th><th scope="col">Role</th><th scope="col" class="number">Term</th>
          <th scope="col" class="number">Log ends at</th><th scope="col" class="number">Committed</th>
          <th scope="col" class="number">Applied</th><th scope="col" class="number">Behind</th>
          <th scope="col" class="number">Keys</th><th scope="col" class="number">Pending</th><th scope="col">Address</th>
        </tr></thead>
        <tbody id="servers"></tbody>
      </table>
    </div>
  </section>
  <section aria-labelledby="rates-title">
    <h2 id="rates-title">Last minute</h2>
    <dl id="rates"></dl>
    <svg id="chart" viewBox="0 0 600 80" preserveAspectRatio="none" role="img" aria-label="Entries committed per second in the last minute"><polyline points=""/></svg>
  </section>
  <section aria-labelledby="elections-title">
    <h2 id="elections-title">Last elections, as this server saw them</h2>
    <ol id="elections"></ol>
  </section>
  <section aria-labelledby="problems-title">
    <h2 id="problems-title">What this server counted</h2>
    <ul id="problems"></ul>
  </section>
</main>
<footer><p>Server <span id="server">…</span>. <a href="/cluster.json">cluster.json</a>, <a href="/status.json">status.json</a>, <a href="/metrics">metrics</a></p></footer>
<script>${pageScript}</script>
</body>
</html>
`;
