// The least that a gRPC call over node:http2 can cost: reads one message, answers it again, with a status. Nothing is parsed or stored.
import { createServer } from 'node:http2';

const server = createServer();
server.on('stream', (stream) => {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true, sendDate: false });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`Serving on http://127.0.0.1:${server.address().port}\n`));
