// tus-js-client from the command line: node tus_client.cjs upload|part|resume|terminate ENDPOINT COOKIE FILE [URL]
// "part" aborts as soon as a part of the file is sent. Prints the upload's address.
const fs = require('node:fs')
const tus = require('tus-js-client')

const [action, endpoint, cookie, file, url] = process.argv.slice(2)
const headers = { Cookie: cookie }

function done(address) {
  console.log(address)
  process.exit(0)
}

function failed(error) {
  console.error(String(error))
  process.exit(1)
}

if (action === 'terminate') {
  tus.Upload.terminate(url, { headers }).then(() => done(url), failed)
} else {
  const upload = new tus.Upload(fs.createReadStream(file), {
    endpoint,
    headers,
    uploadUrl: url ?? null,
    uploadSize: fs.statSync(file).size,
    chunkSize: action === 'part' ? 400_000 : Infinity,
    retryDelays: Array(100).fill(20),
    metadata: { filename: 'x.raucb' },
    onChunkComplete: () => action === 'part' && upload.abort().then(() => done(upload.url), failed),
    onSuccess: () => done(upload.url),
    onError: failed,
  })
  upload.start()
}
