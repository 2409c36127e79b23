zimki.publishPath(
  '/',
  `<!DOCTYPE html>
<meta charset="utf-8">
<title>Library</title>
<body style="font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem">
<h1>Library</h1>
<p>Files that programs of every realm here may use.</p>
<dl>
<dt><a href="trimpath.js">trimpath.js</a></dt>
<dd>TrimPath JavaScript Templates: <code>zimki.library.require("library", "trimpath.js")</code></dd>
</dl>`,
)
