var Buffer = require('node:buffer').Buffer
