var Buffer = require('safe-buffer').Buffer
