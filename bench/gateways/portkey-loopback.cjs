// Portkey listens on every interface and has no option for it; the bench keeps to loopback.
const { Server } = require('node:net');
const listen = Server.prototype.listen;
Server.prototype.listen = function (options, ...rest) {
  const loopback = typeof options === 'object' ? { ...options, host: '127.0.0.1' } : { port: options, host: '127.0.0.1' };
  return listen.call(this, loopback, ...rest.filter((argument) => typeof argument === 'function'));
};
