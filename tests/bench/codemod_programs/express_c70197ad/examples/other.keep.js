var Buffer = require('safer-buffer').Buffer
