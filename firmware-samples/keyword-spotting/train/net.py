"""A depthwise-separable CNN with batch normalisation and Adam, in numpy: forward and backward.

Activations are float32 NHWC. Padding is TensorFlow's SAME.
"""
import numpy as np


def same_pads(size, kernel, stride):
    out = -(-size // stride)
    total = max(0, (out - 1) * stride + kernel - size)
    return out, total // 2, total - total // 2


def padded(x, kernel, stride):
    out_h, top, bottom = same_pads(x.shape[1], kernel[0], stride[0])
    out_w, left, right = same_pads(x.shape[2], kernel[1], stride[1])
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))), out_h, out_w, top, left


class FirstConv:
    """Convolution of the network's one-channel input; needs no gradient towards it."""

    def __init__(self, rng, kernel, stride, channels):
        fan = kernel[0] * kernel[1]
        self.kernel, self.stride = kernel, stride
        self.w = (rng.standard_normal((fan, channels)) * np.sqrt(2 / fan)).astype(np.float32)

    def forward(self, x, train):
        p, oh, ow, _, _ = padded(x, self.kernel, self.stride)
        view = np.lib.stride_tricks.sliding_window_view(p[..., 0], self.kernel, axis=(1, 2))
        view = view[:, :: self.stride[0], :: self.stride[1]][:, :oh, :ow]
        self.columns = view.reshape(-1, self.w.shape[0])
        return (self.columns @ self.w).reshape(len(x), oh, ow, -1)

    def backward(self, dy):
        self.dw = self.columns.T @ dy.reshape(-1, dy.shape[-1])
        return None


class Depthwise:
    def __init__(self, rng, stride, channels):
        self.stride = stride
        self.w = (rng.standard_normal((3, 3, channels)) * np.sqrt(2 / 9)).astype(np.float32)

    def taps(self, p, oh, ow):
        s = self.stride
        for ky in range(3):
            for kx in range(3):
                yield ky, kx, p[:, ky : ky + s * oh : s, kx : kx + s * ow : s][:, :oh, :ow]

    def forward(self, x, train):
        self.shape = x.shape
        self.p, self.oh, self.ow, self.top, self.left = padded(x, (3, 3), (self.stride,) * 2)
        y = np.zeros((len(x), self.oh, self.ow, x.shape[3]), np.float32)
        for ky, kx, tap in self.taps(self.p, self.oh, self.ow):
            y += tap * self.w[ky, kx]
        return y

    def backward(self, dy):
        self.dw = np.zeros_like(self.w)
        dp = np.zeros_like(self.p)
        grads = self.taps(dp, self.oh, self.ow)
        for (ky, kx, tap), (_, _, into) in zip(self.taps(self.p, self.oh, self.ow), grads):
            self.dw[ky, kx] = np.einsum("bhwc,bhwc->c", tap, dy)
            into += dy * self.w[ky, kx]
        h, w = self.shape[1:3]
        return dp[:, self.top : self.top + h, self.left : self.left + w]


class Pointwise:
    def __init__(self, rng, cin, cout):
        self.w = (rng.standard_normal((cin, cout)) * np.sqrt(2 / cin)).astype(np.float32)

    def forward(self, x, train):
        self.x = x.reshape(-1, x.shape[3])
        return (self.x @ self.w).reshape(*x.shape[:3], -1)

    def backward(self, dy):
        flat = dy.reshape(-1, dy.shape[3])
        self.dw = self.x.T @ flat
        return (flat @ self.w.T).reshape(*dy.shape[:3], -1)


class NormRelu:
    """Batch normalisation, then ReLU."""

    def __init__(self, channels):
        self.w = np.stack([np.ones(channels), np.zeros(channels)]).astype(np.float32)
        self.mean = np.zeros(channels, np.float32)
        self.var = np.ones(channels, np.float32)

    def forward(self, x, train):
        if train:
            mean, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
            self.mean += 0.05 * (mean - self.mean)
            self.var += 0.05 * (var - self.var)
        else:
            mean, var = self.mean, self.var
        self.inv = 1 / np.sqrt(var + 1e-3)
        self.xhat = (x - mean) * self.inv
        y = np.maximum(self.xhat * self.w[0] + self.w[1], 0)
        self.live = y > 0
        return y

    def backward(self, dy):
        dy = dy * self.live
        n = dy.size // dy.shape[-1]
        db = dy.sum(axis=(0, 1, 2))
        dg = np.einsum("bhwc,bhwc->c", dy, self.xhat)
        self.dw = np.stack([dg, db])
        return self.w[0] * self.inv * (dy - db / n - self.xhat * (dg / n))


class Head:
    """Average over the whole map, dropout while training, then a linear layer."""

    def __init__(self, rng, cin, cout, keep):
        self.w = np.zeros((cin + 1, cout), np.float32)
        self.w[:-1] = rng.standard_normal((cin, cout)) * np.sqrt(1 / cin)
        self.keep, self.rng = keep, rng

    def forward(self, x, train):
        self.shape = x.shape
        mean = x.mean(axis=(1, 2))
        self.mask = np.ones_like(mean)
        if train:
            self.mask = (self.rng.random(mean.shape) < self.keep).astype(np.float32) / self.keep
        self.x = np.concatenate([mean * self.mask, np.ones((len(x), 1), np.float32)], axis=1)
        return self.x @ self.w

    def backward(self, dy):
        self.dw = self.x.T @ dy
        dx = (dy @ self.w[:-1].T) * self.mask / (self.shape[1] * self.shape[2])
        return np.broadcast_to(dx[:, None, None, :], self.shape)


class Net:
    """conv 7x5/2, then (depthwise 3x3, pointwise) blocks, then the head."""

    KERNEL, STRIDE = (7, 5), (2, 2)

    def __init__(self, rng, channels, classes):
        self.layers = [FirstConv(rng, self.KERNEL, self.STRIDE, channels[0]), NormRelu(channels[0])]
        for i in range(len(channels) - 1):
            self.layers += [Depthwise(rng, 2 if i == 0 else 1, channels[i]), NormRelu(channels[i]),
                            Pointwise(rng, channels[i], channels[i + 1]), NormRelu(channels[i + 1])]
        self.layers.append(Head(rng, channels[-1], classes, 0.8))
        self.moments = [(np.zeros_like(l.w), np.zeros_like(l.w)) for l in self.layers]
        self.steps = 0

    def forward(self, x, train=False):
        for layer in self.layers:
            x = layer.forward(x, train)
        return x

    def train_step(self, x, labels, rate, smoothing=0.05, decay=1e-4):
        logits = self.forward(x, True)
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = shifted / shifted.sum(axis=1, keepdims=True)
        classes = logits.shape[1]
        want = np.full_like(p, smoothing / classes)
        want[np.arange(len(x)), labels] += 1 - smoothing
        loss = -(want * np.log(p + 1e-9)).sum(axis=1).mean()
        grad = (p - want) / len(x)
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        self.adam(rate, decay)
        return loss, (logits.argmax(axis=1) == labels).mean()

    def adam(self, rate, decay):
        self.steps += 1
        for layer, (m, v) in zip(self.layers, self.moments):
            m += 0.1 * (layer.dw - m)
            v += 0.001 * (layer.dw ** 2 - v)
            mh, vh = m / (1 - 0.9 ** self.steps), v / (1 - 0.999 ** self.steps)
            if not isinstance(layer, NormRelu):
                layer.w -= (rate * decay * 100) * layer.w
            layer.w -= (rate * mh / (np.sqrt(vh) + 1e-7)).astype(np.float32)
